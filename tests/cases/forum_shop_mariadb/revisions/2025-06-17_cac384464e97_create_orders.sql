-- create orders
--
-- The status is one letter, as in the old shop: N (new), P (paid), S (shipped)
-- or X (cancelled).
--
-- Revision: cac384464e97
-- Revises: 2d5305b7528e
-- Created: 2025-06-17T13:05:19Z

-- migrate:up
CREATE TABLE orders (
    id          int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id  int unsigned NOT NULL,
    status      varchar(10) NOT NULL,
    is_open     tinyint(1) NOT NULL DEFAULT 1,
    ship_to     varchar(200),
    placed_at   datetime NOT NULL,
    KEY orders_account_ix (account_id),
    KEY orders_todo_ix (status(1), placed_at),
    CONSTRAINT orders_account_fk FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE=InnoDB AUTO_INCREMENT=5001 DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_lines (
    order_id          int unsigned NOT NULL,
    line_no           smallint NOT NULL,
    product_id        int unsigned NOT NULL,
    quantity          int NOT NULL CHECK (quantity > 0),
    unit_price_cents  int NOT NULL,
    line_total_cents  int GENERATED ALWAYS AS (quantity * unit_price_cents) STORED,
    PRIMARY KEY (order_id, line_no),
    CONSTRAINT order_lines_order_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_lines_product_fk FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB;

INSERT INTO orders (id, account_id, status, is_open, ship_to, placed_at) VALUES
    (5001, 3, 'S', 0, 'Seán O''Hara; 3 Quay St., Galway', '2025-06-10 08:00:00'),
    (5002, 4, 'P', 1, 'c/o "Juniper & Co." -- 2nd floor',  '2025-06-11 09:30:00'),
    (5003, 5, 'N', 1, '大阪市北区 1-2-3 🏯',                  '2025-06-12 23:59:59'),
    (5004, 3, 'X', 0, NULL,                                '2025-06-13 10:00:00'),
    (5005, 6, 'X', 0, 'Tartu /* dorm */',                  '2025-06-14 07:45:10');

INSERT INTO order_lines (order_id, line_no, product_id, quantity, unit_price_cents) VALUES
    (5001, 1, 101, 1, 4990),
    (5001, 2, 103, 3, 290),
    (5002, 1, 102, 2, 2474),
    (5003, 1, 104, 1, 1221),
    (5003, 2, 105, 1, 5000),
    (5005, 1, 103, 10, 304);

-- migrate:down
DROP TABLE order_lines;
DROP TABLE orders;

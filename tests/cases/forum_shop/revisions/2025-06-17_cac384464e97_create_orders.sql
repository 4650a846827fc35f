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
    id          INTEGER PRIMARY KEY,
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    status      TEXT    NOT NULL,
    is_open     INTEGER NOT NULL DEFAULT 1,
    ship_to     TEXT,
    placed_at   TEXT    NOT NULL
);

CREATE INDEX orders_account_ix ON orders (account_id);
CREATE INDEX orders_todo_ix ON orders (placed_at) WHERE status = 'N' OR status = 'P';

CREATE TABLE order_lines (
    order_id          INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line_no           INTEGER NOT NULL,
    product_id        INTEGER NOT NULL REFERENCES products (id),
    quantity          INTEGER NOT NULL CHECK (quantity > 0),
    unit_price_cents  INTEGER NOT NULL,
    line_total_cents  INTEGER GENERATED ALWAYS AS (quantity * unit_price_cents) STORED,
    PRIMARY KEY (order_id, line_no)
);

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

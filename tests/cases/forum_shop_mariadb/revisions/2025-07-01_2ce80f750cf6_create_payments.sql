-- create payments
--
-- Revision: 2ce80f750cf6
-- Revises: cac384464e97
-- Created: 2025-07-01T10:52:44Z

-- migrate:up
CREATE TABLE payments (
    id            int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id      int unsigned NOT NULL,
    method        varchar(10) NOT NULL,
    amount_cents  int NOT NULL,
    reference     varchar(40),
    paid_at       datetime NOT NULL,
    day_paid      date AS (CAST(paid_at AS date)) VIRTUAL,
    KEY payments_order_ix (order_id),
    KEY payments_day_ix (day_paid),
    -- A reference of the bank must not be booked twice; cash has none.
    UNIQUE KEY payments_reference_uq (method, reference),
    CONSTRAINT payments_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO payments (id, order_id, method, amount_cents, reference, paid_at)
VALUES
    (1, 5001, 'cc',   5860, 'auth:00;17', '2025-06-10 08:01:12'),
    (2, 5002, 'sepa', 2474, 'LANTERN--1', '2025-06-12 06:00:00'),
    (3, 5002, 'cash', 2474, NULL,         '2025-06-13 15:20:00'),
    (4, 5005, 'cc',   3040, 'auth:00;18', '2025-06-14 07:46:00'),
    (5, 5005, 'cc',  -3040, 'void:00;18', '2025-06-15 09:00:00');

-- migrate:down
DROP TABLE payments;

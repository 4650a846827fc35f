-- add prices
--
-- Prices are cents, and are never changed: a new one gets a new row. The first
-- half year is computed here, month by month.
--
-- Revision: 4e16483b7ade
-- Revises: 1634cf67c2c2
-- Created: 2025-05-20T16:11:35Z

-- migrate:up
CREATE TABLE prices (
    id            INTEGER PRIMARY KEY,
    product_id    INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    currency      TEXT    NOT NULL DEFAULT 'EUR' CHECK (length(currency) = 3),
    amount_cents  INTEGER NOT NULL CHECK (amount_cents >= 0),
    valid_from    TEXT    NOT NULL,
    note          ANY
) STRICT;

CREATE UNIQUE INDEX prices_product_uq ON prices (product_id, currency, valid_from);

INSERT INTO prices (product_id, currency, amount_cents, valid_from, note)
WITH RECURSIVE
    months (n, first_day) AS (
        SELECT 0, '2025-01-01'
        UNION ALL
        SELECT n + 1, date(first_day, '+1 month')
        FROM months
        WHERE n < 5
    ),
    start_price (product_id, cents) AS (
        VALUES (101, 4990), (102, 2450), (103, 290), (104, 1175)
    )
SELECT s.product_id,
       'EUR',
       -- one percent more every month; it's rounded down
       s.cents + s.cents * m.n / 100,
       m.first_day,
       CASE WHEN m.n = 0 THEN 'opening price; fixed' ELSE m.n END
FROM start_price AS s
CROSS JOIN months AS m
ORDER BY s.product_id, m.n;

INSERT INTO prices (product_id, currency, amount_cents, valid_from, note)
VALUES (105, 'EUR', 5000, '2025-01-01', NULL),
       (105, 'USD', 5500, '2025-01-01', x'24');

-- migrate:down
DROP INDEX prices_product_uq;
DROP TABLE prices;

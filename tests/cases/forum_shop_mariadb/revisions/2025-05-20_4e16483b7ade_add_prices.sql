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
    id            int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id    int unsigned NOT NULL,
    currency      char(3) NOT NULL DEFAULT 'EUR',
    amount_cents  int unsigned NOT NULL,
    valid_from    date NOT NULL,
    note          json,
    UNIQUE KEY prices_product_uq (product_id, currency, valid_from),
    CONSTRAINT prices_product_fk FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE,
    CONSTRAINT prices_currency_ck CHECK (char_length(currency) = 3)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO prices (id, product_id, currency, amount_cents, valid_from, note)
WITH RECURSIVE
    months (n, first_day) AS (
        SELECT 0, CAST('2025-01-01' AS date)
        UNION ALL
        SELECT n + 1, first_day + INTERVAL 1 MONTH
        FROM months
        WHERE n < 5
    ),
    start_price (product_id, cents) AS (
        SELECT 101, 4990 UNION ALL SELECT 102, 2450 UNION ALL SELECT 103, 290 UNION ALL SELECT 104, 1175
    )
SELECT row_number() OVER (ORDER BY s.product_id, m.n),
       s.product_id,
       'EUR',
       -- one percent more every month; it's rounded down
       s.cents + s.cents * m.n DIV 100,
       m.first_day,
       IF(m.n = 0, '{"text": "opening price; fixed"}', json_quote(concat(m.n, ' \\ ', "#;")))
FROM start_price AS s
CROSS JOIN months AS m;

INSERT INTO prices (id, product_id, currency, amount_cents, valid_from, note)
VALUES (25, 105, 'EUR', 5000, '2025-01-01', NULL),
       (26, 105, 'USD', 5500, '2025-01-01', '["$", "$$"]');

-- migrate:down
DROP TABLE prices;

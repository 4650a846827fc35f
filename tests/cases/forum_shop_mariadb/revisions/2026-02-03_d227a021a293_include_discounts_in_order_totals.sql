-- include discounts in order totals
--
-- Revision: d227a021a293
-- Revises: 7ae102d0bd97
-- Created: 2026-02-03T15:50:28Z

-- migrate:up
CREATE OR REPLACE SQL SECURITY INVOKER VIEW order_totals AS
WITH gross AS (
    SELECT l.order_id, sum(l.line_total_cents) AS cents
    FROM order_lines AS l
    GROUP BY l.order_id
)
SELECT o.id AS order_id,
       a.handle AS customer,
       o.status,
       coalesce(g.cents, 0) AS gross_cents,
       CASE
           WHEN c.code IS NULL THEN 0
           ELSE coalesce(g.cents, 0) * c.percent_off DIV 100
       END AS discount_cents,
       (SELECT coalesce(sum(p.amount_cents), 0)
        FROM payments AS p
        WHERE p.order_id = o.id) AS paid_cents
FROM orders AS o
JOIN accounts AS a ON a.id = o.account_id
LEFT JOIN gross AS g ON g.order_id = o.id
LEFT JOIN coupon_redemptions AS r ON r.order_id = o.id
LEFT JOIN coupons AS c ON c.code = r.coupon_code;

-- migrate:down
CREATE OR REPLACE SQL SECURITY INVOKER VIEW order_totals AS
SELECT o.id AS order_id,
       a.handle AS customer,
       o.status,
       coalesce(sum(l.line_total_cents), 0) AS total_cents,
       (SELECT coalesce(sum(p.amount_cents), 0)
        FROM payments AS p
        WHERE p.order_id = o.id) AS paid_cents
FROM orders AS o
JOIN accounts AS a ON a.id = o.account_id
LEFT JOIN order_lines AS l ON l.order_id = o.id
GROUP BY o.id, a.handle, o.status;

-- check payment methods
--
-- Revision: 7ae102d0bd97
-- Revises: 14650385987c
-- Created: 2026-01-13T09:26:37Z

-- migrate:up
-- The view reads the table; it has to go while the table is rebuilt.
DROP VIEW order_totals;

CREATE TABLE payments_new (
    id            INTEGER PRIMARY KEY,
    order_id      INTEGER NOT NULL REFERENCES orders (id),
    method        TEXT NOT NULL CHECK (method IN ('card', 'transfer', 'cash')),
    amount_cents  INTEGER NOT NULL CHECK (amount_cents <> 0),
    reference     TEXT,
    paid_at       TEXT NOT NULL,
    is_refund     INTEGER GENERATED ALWAYS AS (amount_cents < 0) VIRTUAL
);

INSERT INTO payments_new (id, order_id, method, amount_cents, reference, paid_at)
SELECT id, order_id,
       CASE method WHEN 'cc' THEN 'card' WHEN 'sepa' THEN 'transfer' ELSE method END,
       amount_cents, reference, paid_at
FROM payments
ORDER BY id;

DROP TABLE payments;
ALTER TABLE payments_new RENAME TO payments;

CREATE UNIQUE INDEX payments_reference_uq ON payments (method, reference) WHERE reference IS NOT NULL;
CREATE INDEX payments_order_ix ON payments (order_id);

CREATE VIEW order_totals AS
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

-- migrate:down
DROP VIEW order_totals;
DROP INDEX payments_order_ix;
DROP INDEX payments_reference_uq;

-- Move the table aside first: so the old one gets its name just as it was written.
ALTER TABLE payments RENAME TO payments_checked;

CREATE TABLE payments (
    id            INTEGER PRIMARY KEY,
    order_id      INTEGER NOT NULL REFERENCES orders (id),
    method        TEXT NOT NULL,
    amount_cents  INTEGER NOT NULL,
    reference     TEXT,
    paid_at       TEXT NOT NULL
);

INSERT INTO payments (id, order_id, method, amount_cents, reference, paid_at)
SELECT id, order_id,
       CASE method WHEN 'card' THEN 'cc' WHEN 'transfer' THEN 'sepa' ELSE method END,
       amount_cents, reference, paid_at
FROM payments_checked
ORDER BY id;

DROP TABLE payments_checked;

CREATE UNIQUE INDEX payments_reference_uq ON payments (method, reference) WHERE reference IS NOT NULL;

CREATE VIEW order_totals AS
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

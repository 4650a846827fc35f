-- check payment methods
--
-- Revision: 7ae102d0bd97
-- Revises: 14650385987c
-- Created: 2026-01-13T09:26:37Z

-- migrate:up
UPDATE payments
SET method = CASE method WHEN 'cc' THEN 'card' WHEN 'sepa' THEN 'transfer' ELSE method END;

ALTER TABLE payments
    ADD CONSTRAINT payments_method_ck CHECK (method IN ('card', 'transfer', 'cash')) NOT VALID,
    ADD CONSTRAINT payments_amount_ck CHECK (amount_cents <> 0),
    ADD COLUMN is_refund boolean GENERATED ALWAYS AS (amount_cents < 0) STORED;
ALTER TABLE payments VALIDATE CONSTRAINT payments_method_ck;

CREATE INDEX payments_order_ix ON payments (order_id);
COMMENT ON COLUMN payments.is_refund IS E'Money that goes back;\n\'-- cash\', too';

-- migrate:down
DROP INDEX payments_order_ix;

ALTER TABLE payments
    DROP COLUMN is_refund,
    DROP CONSTRAINT payments_amount_ck,
    DROP CONSTRAINT payments_method_ck;

UPDATE payments
SET method = CASE method WHEN 'card' THEN 'cc' WHEN 'transfer' THEN 'sepa' ELSE method END;

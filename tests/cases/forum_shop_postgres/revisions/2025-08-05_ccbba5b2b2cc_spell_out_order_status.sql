-- spell out order status
--
-- One letter codes become words. The audit trigger sees every change, and its
-- lines stay as long as this revision does.
--
-- Revision: ccbba5b2b2cc
-- Revises: 2f276db3a0dd
-- Created: 2025-08-05T09:14:57Z

-- migrate:up
DO $do$
DECLARE
    one record;
BEGIN
    -- in their order; so the log has it, too
    FOR one IN SELECT id, status FROM orders ORDER BY id LOOP
        UPDATE orders
        SET status = CASE one.status
                         WHEN 'N' THEN 'new'
                         WHEN 'P' THEN 'paid'
                         WHEN 'S' THEN 'shipped'
                         WHEN 'X' THEN 'cancelled'
                         ELSE one.status
                     END
        WHERE id = one.id;
    END LOOP;
END
$do$;

-- the old one doesn't fit any more
DROP INDEX orders_todo_ix;

-- Now that they are words, no others are allowed. A column that a trigger names keeps its type.
CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped', 'cancelled');
DROP TRIGGER orders_status_audit ON orders;
ALTER TABLE orders ALTER COLUMN status TYPE order_status USING status::order_status;
CREATE TRIGGER orders_status_audit
AFTER UPDATE OF status ON orders
FOR EACH ROW EXECUTE FUNCTION orders_status_audit();

CREATE INDEX orders_todo_ix ON orders (placed_at) WHERE status IN ('new', 'paid');

-- migrate:down
DROP INDEX orders_todo_ix;
DROP TRIGGER orders_status_audit ON orders;
ALTER TABLE orders ALTER COLUMN status TYPE text USING status::text;
DROP TYPE order_status;
CREATE TRIGGER orders_status_audit
AFTER UPDATE OF status ON orders
FOR EACH ROW EXECUTE FUNCTION orders_status_audit();

CREATE INDEX orders_todo_ix ON orders (placed_at) WHERE status = 'N' OR status = 'P';

UPDATE orders
SET status = CASE status
                 WHEN 'new'       THEN 'N'
                 WHEN 'paid'      THEN 'P'
                 WHEN 'shipped'   THEN 'S'
                 WHEN 'cancelled' THEN 'X'
                 ELSE status
             END;

-- what the trigger wrote about it: about the way up, and about the way down just now
DELETE FROM audit_log
WHERE entity = 'order'
  AND action = 'status'
  AND detail IN ('N -> new', 'P -> paid', 'S -> shipped', 'X -> cancelled',
                 'new -> N', 'paid -> P', 'shipped -> S', 'cancelled -> X');

-- so that the next line gets the number that it would have got
SELECT setval(pg_get_serial_sequence('audit_log', 'id'), max(id)) FROM audit_log;

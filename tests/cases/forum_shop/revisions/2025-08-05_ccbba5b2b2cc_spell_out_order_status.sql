-- spell out order status
--
-- One letter codes become words. The audit trigger sees every change, and its
-- lines stay as long as this revision does.
--
-- Revision: ccbba5b2b2cc
-- Revises: 2f276db3a0dd
-- Created: 2025-08-05T09:14:57Z

-- migrate:up
UPDATE orders
SET status = CASE status
                 WHEN 'N' THEN 'new'
                 WHEN 'P' THEN 'paid'
                 WHEN 'S' THEN 'shipped'
                 WHEN 'X' THEN 'cancelled'
                 ELSE status
             END;

-- the old one doesn't fit any more
DROP INDEX orders_todo_ix;
CREATE INDEX orders_todo_ix ON orders (placed_at) WHERE status IN ('new', 'paid');

-- migrate:down
DROP INDEX orders_todo_ix;
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

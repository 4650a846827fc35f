-- spell out order status
--
-- One letter codes become words. The audit trigger sees every change, and its
-- lines stay as long as this revision does.
--
-- Revision: ccbba5b2b2cc
-- Revises: 2f276db3a0dd
-- Created: 2025-08-05T09:14:57Z

-- migrate:up
DELIMITER $$
CREATE PROCEDURE spell_out_order_status()
MODIFIES SQL DATA
BEGIN
    DECLARE is_done bool DEFAULT false;
    DECLARE one int unsigned;
    -- in their order; so the log has it, too
    DECLARE all_orders CURSOR FOR SELECT id FROM orders ORDER BY id;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET is_done = true;

    OPEN all_orders;
    each_order: LOOP
        FETCH all_orders INTO one;
        IF is_done THEN
            LEAVE each_order;
        END IF;
        UPDATE orders
        SET status = CASE status
                         WHEN 'N' THEN 'new'
                         WHEN 'P' THEN 'paid'
                         WHEN 'S' THEN 'shipped'
                         WHEN 'X' THEN 'cancelled'
                         ELSE status
                     END
        WHERE id = one;
    END LOOP each_order;
    CLOSE all_orders;
END $$
DELIMITER ;

CALL spell_out_order_status();
DROP PROCEDURE spell_out_order_status;

-- Now that they are words, no others are allowed; one letter isn't enough for the index any more.
ALTER TABLE orders
    DROP KEY orders_todo_ix,
    MODIFY COLUMN status enum('new', 'paid', 'shipped', 'cancelled') NOT NULL COMMENT 'was: N; P; S; X',
    ADD KEY orders_todo_ix (status, placed_at);

-- migrate:down
ALTER TABLE orders
    DROP KEY orders_todo_ix,
    MODIFY COLUMN status varchar(10) NOT NULL,
    ADD KEY orders_todo_ix (status(1), placed_at);

UPDATE orders
SET status = CASE status
                 WHEN 'new'       THEN 'N'
                 WHEN 'paid'      THEN 'P'
                 WHEN 'shipped'   THEN 'S'
                 WHEN 'cancelled' THEN 'X'
                 ELSE status
             END
ORDER BY id;

-- what the trigger wrote about it: about the way up, and about the way down just now
DELETE FROM audit_log
WHERE entity = 'order'
  AND action = 'status'
  AND detail IN ('N -> new', 'P -> paid', 'S -> shipped', 'X -> cancelled',
                 'new -> N', 'paid -> P', 'shipped -> S', 'cancelled -> X');

-- so that the next line gets the number that it would have got
ALTER TABLE audit_log AUTO_INCREMENT = 1;

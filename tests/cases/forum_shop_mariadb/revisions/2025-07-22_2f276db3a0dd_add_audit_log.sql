-- add audit log
--
-- Revision: 2f276db3a0dd
-- Revises: 2ce80f750cf6
-- Created: 2025-07-22T15:37:08Z

-- migrate:up
CREATE TABLE audit_log (
    id         int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    entity     varchar(20) NOT NULL,
    entity_id  int unsigned,
    action     varchar(20) NOT NULL,
    actor      varchar(32),
    detail     text,
    severity   varchar(10) NOT NULL DEFAULT 'info',
    logged_at  datetime NOT NULL,
    KEY audit_log_entity_ix (entity, entity_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO audit_log (entity, entity_id, action, actor, detail, logged_at)
SELECT 'order', o.id, 'placed', a.username, concat('taken over; status ', o.status), o.placed_at
FROM orders AS o
JOIN accounts AS a ON a.id = o.account_id
ORDER BY o.id;

-- INSERT ... SELECT takes more numbers than it needs; the next line gets the next number.
ALTER TABLE audit_log AUTO_INCREMENT = 1;

-- without a DELIMITER; the blocks tell where the trigger ends
CREATE TRIGGER orders_is_open BEFORE UPDATE ON orders
FOR EACH ROW
BEGIN
    IF NEW.status <> OLD.status THEN
        /* is_open follows the status; END; of story */
        SET NEW.is_open = CASE WHEN NEW.status IN ('S', 'shipped', 'X', 'cancelled') THEN 0 ELSE 1 END;
    END IF;
END;

DELIMITER //
CREATE TRIGGER orders_status_audit AFTER UPDATE ON orders
FOR EACH ROW
audit: BEGIN
    DECLARE severity varchar(10) DEFAULT 'info';
    IF NEW.status = OLD.status THEN
        LEAVE audit;
    END IF;
    CASE
        WHEN NEW.status IN ('X', 'cancelled') THEN
            SET severity = IF(EXISTS (SELECT 1 FROM order_lines AS l WHERE l.order_id = NEW.id), 'alert', 'warning');
        ELSE BEGIN END;
    END CASE;
    INSERT INTO audit_log (entity, entity_id, action, actor, detail, severity, logged_at)
    VALUES ('order', NEW.id, 'status',
            (SELECT a.username FROM accounts AS a WHERE a.id = NEW.account_id),
            concat(OLD.status, ' -> ', NEW.status), severity, NEW.placed_at);
END //
DELIMITER ;

-- migrate:down
DROP TRIGGER orders_status_audit;
DROP TRIGGER IF EXISTS orders_is_open;
DROP TABLE audit_log;

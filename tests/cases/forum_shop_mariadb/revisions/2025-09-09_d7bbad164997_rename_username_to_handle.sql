-- rename username to handle
--
-- Views, checks and generated columns name the column, so they are made anew; the body of
-- a trigger is only text to the server.
--
-- Revision: d7bbad164997
-- Revises: 35851cbf9585
-- Created: 2025-09-09T11:08:16Z

-- migrate:up
DROP VIEW order_totals;
DROP TRIGGER orders_status_audit;

ALTER TABLE accounts
    DROP CONSTRAINT accounts_username_ck,
    DROP KEY accounts_staff_ix,
    DROP COLUMN staff_name;
ALTER TABLE accounts RENAME COLUMN username TO handle, RENAME KEY accounts_username_uq TO accounts_handle_uq;
ALTER TABLE accounts
    ADD COLUMN staff_name varchar(32) AS (IF(role = 'member', NULL, handle)) VIRTUAL,
    ADD KEY accounts_staff_ix (staff_name),
    ADD CONSTRAINT accounts_handle_ck CHECK (char_length(handle) >= 2);

DELIMITER ;;
CREATE TRIGGER orders_status_audit AFTER UPDATE ON orders
FOR EACH ROW
audit: BEGIN
    DECLARE severity varchar(10) DEFAULT 'info';
    IF NEW.status = OLD.status THEN
        LEAVE audit;
    END IF;
    IF NEW.status = 'cancelled' THEN
        SET severity = IF(EXISTS (SELECT 1 FROM order_lines AS l WHERE l.order_id = NEW.id), 'alert', 'warning');
    END IF;
    INSERT INTO audit_log (entity, entity_id, action, actor, detail, severity, logged_at)
    VALUES ('order', NEW.id, 'status',
            (SELECT a.handle FROM accounts AS a WHERE a.id = NEW.account_id),
            concat(OLD.status, ' -> ', NEW.status), severity, NEW.placed_at);
END;;
DELIMITER ;

CREATE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW order_totals AS
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
DROP TRIGGER orders_status_audit;

ALTER TABLE accounts
    DROP CONSTRAINT accounts_handle_ck,
    DROP KEY accounts_staff_ix,
    DROP COLUMN staff_name;
ALTER TABLE accounts RENAME COLUMN handle TO username, RENAME KEY accounts_handle_uq TO accounts_username_uq;
ALTER TABLE accounts
    ADD COLUMN staff_name varchar(32) AS (IF(role = 'member', NULL, username)) VIRTUAL AFTER created_at,
    ADD KEY accounts_staff_ix (staff_name),
    ADD CONSTRAINT accounts_username_ck CHECK (char_length(username) >= 2);

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

CREATE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW order_totals AS
SELECT o.id AS order_id,
       a.username AS customer,
       o.status,
       coalesce(sum(l.line_total_cents), 0) AS total_cents,
       (SELECT coalesce(sum(p.amount_cents), 0)
        FROM payments AS p
        WHERE p.order_id = o.id) AS paid_cents
FROM orders AS o
JOIN accounts AS a ON a.id = o.account_id
LEFT JOIN order_lines AS l ON l.order_id = o.id
GROUP BY o.id, a.username, o.status;

-- rename username to handle
--
-- PostgreSQL edits the indexes and the view which use the column, too; the body of
-- a function is only text to it.
--
-- Revision: d7bbad164997
-- Revises: 35851cbf9585
-- Created: 2025-09-09T11:08:16Z

-- migrate:up
ALTER TABLE accounts RENAME COLUMN username TO handle;

CREATE OR REPLACE FUNCTION orders_status_audit() RETURNS trigger
LANGUAGE plpgsql AS $audit$
DECLARE
    severity text := 'info';
BEGIN
    IF NEW.status::text IN ('X', 'cancelled') THEN
        severity := CASE
                        WHEN EXISTS (SELECT 1 FROM order_lines AS l WHERE l.order_id = NEW.id) THEN 'alert'
                        ELSE 'warning'
                    END;
    END IF;

    INSERT INTO audit_log (entity, entity_id, action, actor, detail, severity, logged_at)
    VALUES ('order', NEW.id, 'status',
            (SELECT a.handle FROM accounts AS a WHERE a.id = NEW.account_id),
            OLD.status || ' -> ' || NEW.status, severity, NEW.placed_at);

    /* is_open follows the status; END; of story $$ */
    UPDATE orders
    SET is_open = NEW.status::text NOT IN ('S', 'shipped', 'X', 'cancelled')
    WHERE id = NEW.id;
    RETURN NULL;
END;
$audit$;

-- migrate:down
ALTER TABLE accounts RENAME COLUMN handle TO username;

CREATE OR REPLACE FUNCTION orders_status_audit() RETURNS trigger
LANGUAGE plpgsql AS $audit$
DECLARE
    severity text := 'info';
BEGIN
    IF NEW.status::text IN ('X', 'cancelled') THEN
        severity := CASE
                        WHEN EXISTS (SELECT 1 FROM order_lines AS l WHERE l.order_id = NEW.id) THEN 'alert'
                        ELSE 'warning'
                    END;
    END IF;

    INSERT INTO audit_log (entity, entity_id, action, actor, detail, severity, logged_at)
    VALUES ('order', NEW.id, 'status',
            (SELECT a.username FROM accounts AS a WHERE a.id = NEW.account_id),
            OLD.status || ' -> ' || NEW.status, severity, NEW.placed_at);

    /* is_open follows the status; END; of story $$ */
    UPDATE orders
    SET is_open = NEW.status::text NOT IN ('S', 'shipped', 'X', 'cancelled')
    WHERE id = NEW.id;
    RETURN NULL;
END;
$audit$;

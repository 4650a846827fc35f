-- add audit log
--
-- Revision: 2f276db3a0dd
-- Revises: 2ce80f750cf6
-- Created: 2025-07-22T15:37:08Z

-- migrate:up
CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY,
    entity     TEXT NOT NULL,
    entity_id  INTEGER,
    action     TEXT NOT NULL,
    actor      TEXT,
    detail     TEXT,
    severity   TEXT NOT NULL DEFAULT 'info',
    logged_at  TEXT NOT NULL
);

CREATE INDEX audit_log_entity_ix ON audit_log (entity, entity_id);

INSERT INTO audit_log (entity, entity_id, action, actor, detail, logged_at)
SELECT 'order', o.id, 'placed', a.username, 'taken over; status ' || o.status, o.placed_at
FROM orders AS o
JOIN accounts AS a ON a.id = o.account_id
ORDER BY o.id;

CREATE TRIGGER orders_status_audit
AFTER UPDATE OF status ON orders
FOR EACH ROW
BEGIN
    INSERT INTO audit_log (entity, entity_id, action, actor, detail, severity, logged_at)
    VALUES (
        'order',
        NEW.id,
        'status',
        (SELECT a.username FROM accounts AS a WHERE a.id = NEW.account_id),
        OLD.status || ' -> ' || NEW.status,
        CASE
            WHEN NEW.status IN ('X', 'cancelled') THEN
                CASE
                    WHEN EXISTS (SELECT 1 FROM order_lines AS l WHERE l.order_id = NEW.id) THEN 'alert'
                    ELSE 'warning'
                END
            ELSE 'info'
        END,
        NEW.placed_at
    );

    /* is_open follows the status; END; of story */
    UPDATE orders
    SET is_open = CASE NEW.status
                      WHEN 'S' THEN 0 WHEN 'shipped' THEN 0
                      WHEN 'X' THEN 0 WHEN 'cancelled' THEN 0
                      ELSE 1
                  END
    WHERE id = NEW.id;
END;

-- migrate:down
DROP TRIGGER orders_status_audit;
DROP TABLE audit_log;

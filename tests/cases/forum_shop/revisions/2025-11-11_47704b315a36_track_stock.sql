-- track stock
--
-- Every movement of goods is a row, and the levels follow by trigger. Whoever
-- looks after a warehouse is told when something runs low.
--
-- Revision: 47704b315a36
-- Revises: 2b413693dbd7
-- Created: 2025-11-11T12:22:10Z

-- migrate:up
CREATE TABLE warehouses (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    keeper_id   INTEGER NOT NULL REFERENCES accounts (id)
);

CREATE TABLE stock_levels (
    warehouse_id  INTEGER NOT NULL REFERENCES warehouses (id),
    product_id    INTEGER NOT NULL REFERENCES products (id),
    on_hand       INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    reorder_at    INTEGER NOT NULL DEFAULT 5,
    PRIMARY KEY (warehouse_id, product_id)
);

CREATE TABLE stock_movements (
    id            INTEGER PRIMARY KEY,
    warehouse_id  INTEGER NOT NULL,
    product_id    INTEGER NOT NULL,
    delta         INTEGER NOT NULL CHECK (delta <> 0),
    reason        TEXT,
    moved_at      TEXT NOT NULL,
    FOREIGN KEY (warehouse_id, product_id) REFERENCES stock_levels (warehouse_id, product_id)
);

CREATE TABLE notifications (
    id          INTEGER PRIMARY KEY,
    account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    message     TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    seen_at     TEXT
);

CREATE INDEX notifications_unseen_ix ON notifications (account_id) WHERE seen_at IS NULL;

CREATE TRIGGER stock_movements_apply
AFTER INSERT ON stock_movements
FOR EACH ROW
BEGIN
    UPDATE stock_levels
    SET on_hand = on_hand + NEW.delta
    WHERE warehouse_id = NEW.warehouse_id AND product_id = NEW.product_id;

    INSERT INTO audit_log (entity, entity_id, action, detail, severity, logged_at)
    VALUES ('stock', NEW.product_id,
            CASE WHEN NEW.delta > 0 THEN 'in' ELSE 'out' END,
            abs(NEW.delta) || ' pc; ' || coalesce(NEW.reason, '--'),
            CASE WHEN NEW.delta < -100 THEN CASE WHEN NEW.reason IS NULL THEN 'alert' ELSE 'warning' END ELSE 'info' END,
            NEW.moved_at);
END;

CREATE TRIGGER stock_levels_low
AFTER UPDATE OF on_hand ON stock_levels
FOR EACH ROW
WHEN NEW.on_hand < NEW.reorder_at AND OLD.on_hand >= OLD.reorder_at
BEGIN
    INSERT INTO notifications (account_id, message, created_at)
    SELECT w.keeper_id,
           '⚠️ ' || p.name || ' runs low at ' || w.name || ': ' || NEW.on_hand || ' left; it''s time to reorder',
           (SELECT max(m.moved_at) FROM stock_movements AS m
            WHERE m.warehouse_id = NEW.warehouse_id AND m.product_id = NEW.product_id)
    FROM warehouses AS w
    JOIN products AS p ON p.id = NEW.product_id
    WHERE w.id = NEW.warehouse_id;
END;

INSERT INTO warehouses (id, name, keeper_id) VALUES
    (1, 'Main; ground floor', 2),
    (2, 'Attic 🦇', 6);

INSERT INTO stock_levels (warehouse_id, product_id, reorder_at)
SELECT w.id, p.id, CASE WHEN p.weight_kg < 0.1 THEN 50 ELSE 3 END
FROM warehouses AS w
CROSS JOIN products AS p
WHERE p.is_active = 1 AND p.weight_kg IS NOT NULL
ORDER BY w.id, p.id;

INSERT INTO stock_movements (id, warehouse_id, product_id, delta, reason, moved_at) VALUES
    (1, 1, 101,  12, 'delivery',            '2025-11-03 08:00:00'),
    (2, 1, 103, 400, 'delivery',            '2025-11-03 08:05:00'),
    (3, 2, 104,   6, NULL,                  '2025-11-03 10:00:00'),
    (4, 1, 103, -360, 'sold to the museum', '2025-11-05 16:30:00'),
    (5, 2, 104,  -4, 'broken -- oh no; /* sigh */', '2025-11-06 09:00:00'),
    (6, 1, 101,  -2, 'sold',                '2025-11-07 11:11:11');

-- migrate:down
DROP TRIGGER stock_levels_low;
DROP TRIGGER stock_movements_apply;
DELETE FROM audit_log WHERE entity = 'stock';

DROP TABLE notifications;
DROP TABLE stock_movements;
DROP TABLE stock_levels;
DROP TABLE warehouses;

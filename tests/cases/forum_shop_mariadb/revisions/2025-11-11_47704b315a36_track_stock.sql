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
    id          int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name        varchar(60) NOT NULL UNIQUE,
    keeper_id   int unsigned NOT NULL,
    CONSTRAINT warehouses_keeper_fk FOREIGN KEY (keeper_id) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE stock_levels (
    warehouse_id  int unsigned NOT NULL,
    product_id    int unsigned NOT NULL,
    on_hand       int NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    reorder_at    int NOT NULL DEFAULT 5,
    PRIMARY KEY (warehouse_id, product_id),
    CONSTRAINT stock_levels_warehouse_fk FOREIGN KEY (warehouse_id) REFERENCES warehouses (id),
    CONSTRAINT stock_levels_product_fk FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB;

CREATE TABLE stock_movements (
    id            int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    warehouse_id  int unsigned NOT NULL,
    product_id    int unsigned NOT NULL,
    delta         int NOT NULL,
    reason        varchar(100),
    moved_at      datetime NOT NULL,
    CONSTRAINT stock_movements_level_fk FOREIGN KEY (warehouse_id, product_id)
        REFERENCES stock_levels (warehouse_id, product_id),
    CONSTRAINT stock_movements_delta_ck CHECK (delta <> 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE notifications (
    id          int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id  int unsigned NOT NULL,
    message     text NOT NULL,
    created_at  datetime NOT NULL,
    seen_at     datetime,
    KEY notifications_unseen_ix (account_id, seen_at),
    CONSTRAINT notifications_account_fk FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

DELIMITER $$

CREATE TRIGGER stock_movements_apply AFTER INSERT ON stock_movements FOR EACH ROW
BEGIN
    UPDATE stock_levels
    SET on_hand = on_hand + NEW.delta
    WHERE warehouse_id = NEW.warehouse_id AND product_id = NEW.product_id;

    INSERT INTO audit_log (entity, entity_id, action, detail, severity, logged_at)
    VALUES ('stock', NEW.product_id,
            CASE WHEN NEW.delta > 0 THEN 'in' ELSE 'out' END,
            concat(abs(NEW.delta), ' pc; ', coalesce(NEW.reason, '--')),
            CASE WHEN NEW.delta < -100 THEN CASE WHEN NEW.reason IS NULL THEN 'alert' ELSE 'warning' END ELSE 'info' END,
            NEW.moved_at);
END $$

CREATE TRIGGER stock_levels_low AFTER UPDATE ON stock_levels FOR EACH ROW
IF NEW.on_hand < NEW.reorder_at AND OLD.on_hand >= OLD.reorder_at THEN
    INSERT INTO notifications (account_id, message, created_at)
    SELECT w.keeper_id,
           concat('⚠️ ', p.name, ' runs low at ', w.name, ': ', NEW.on_hand, ' left; it\'s time to reorder'),
           '2025-11-11 12:00:00'
    FROM warehouses AS w
    JOIN products AS p ON p.id = NEW.product_id
    WHERE w.id = NEW.warehouse_id;
END IF $$

DELIMITER ;

INSERT INTO warehouses (id, name, keeper_id) VALUES
    (1, 'Main; ground floor', 2),
    (2, 'Attic 🦇', 6);

INSERT INTO stock_levels (warehouse_id, product_id, reorder_at)
SELECT w.id, p.id, IF(p.weight_kg < 0.1, 50, 3)
FROM warehouses AS w
CROSS JOIN products AS p
WHERE p.is_active AND p.weight_kg IS NOT NULL
ORDER BY w.id, p.id;

INSERT INTO stock_movements (id, warehouse_id, product_id, delta, reason, moved_at) VALUES
    (1, 1, 101,  12, 'delivery',            '2025-11-03 08:00:00'),
    (2, 1, 103, 400, 'delivery',            '2025-11-03 08:05:00'),
    (3, 2, 104,   6, NULL,                  '2025-11-03 10:00:00');
INSERT INTO stock_movements SET id = 4, warehouse_id = 1, product_id = 103, delta = -360, reason = 'sold to the museum', moved_at = '2025-11-05 16:30:00';
INSERT INTO stock_movements SET id = 5, warehouse_id = 2, product_id = 104, delta = -4, reason = 'broken -- oh no; /* sigh */', moved_at = '2025-11-06 09:00:00';
INSERT INTO stock_movements SET id = 6, warehouse_id = 1, product_id = 101, delta = -2, reason = 'sold', moved_at = '2025-11-07 11:11:11';
ALTER TABLE audit_log AUTO_INCREMENT = 1;

-- migrate:down
DELETE FROM audit_log WHERE entity = 'stock';
ALTER TABLE audit_log AUTO_INCREMENT = 1;

-- The triggers go with their tables.
DROP TABLE notifications;
DROP TABLE stock_movements;
DROP TABLE stock_levels;
DROP TABLE warehouses;

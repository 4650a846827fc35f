-- move legacy skus to aliases
--
-- Revision: 2b413693dbd7
-- Revises: 89dc920d0940
-- Created: 2025-10-21T08:31:42Z

-- migrate:up
CREATE TABLE product_aliases (
    product_id  int unsigned NOT NULL
  , kind        varchar(10) NOT NULL DEFAULT 'legacy'
  , alias       varchar(40) NOT NULL
  , PRIMARY KEY (product_id, kind)
  , CONSTRAINT product_aliases_product_fk FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO product_aliases (product_id, alias)
SELECT id, legacy_sku FROM products WHERE legacy_sku IS NOT NULL;

INSERT INTO audit_log (entity, entity_id, action, detail, logged_at)
SELECT 'product', product_id, 'moved', concat('legacy sku; ', quote(alias)), '2025-10-21 08:31:42'
FROM product_aliases
ORDER BY product_id;
ALTER TABLE audit_log AUTO_INCREMENT = 1;

ALTER TABLE products DROP COLUMN legacy_sku;

-- Not from the old shop; the suppliers' own names.
INSERT INTO product_aliases (product_id, kind, alias)
VALUES (101, 'supplier', 'Kosmos-Brenner 14"')
     , (104, 'supplier', 'cheminée; soufflée')
ON DUPLICATE KEY UPDATE alias = VALUES(alias);

-- migrate:down
ALTER TABLE products ADD COLUMN legacy_sku varchar(20);

UPDATE products
SET legacy_sku = (SELECT pa.alias
                  FROM product_aliases AS pa
                  WHERE pa.product_id = products.id AND pa.kind = 'legacy');

DROP TABLE product_aliases;

DELETE FROM audit_log WHERE entity = 'product' AND action = 'moved';
ALTER TABLE audit_log AUTO_INCREMENT = 1;

-- move legacy skus to aliases
--
-- Revision: 2b413693dbd7
-- Revises: 89dc920d0940
-- Created: 2025-10-21T08:31:42Z

-- migrate:up
CREATE TABLE product_aliases (
    product_id  integer NOT NULL REFERENCES products (id) ON DELETE CASCADE
  , kind        text NOT NULL DEFAULT 'legacy'
  , alias       text NOT NULL
  , PRIMARY KEY (product_id, kind)
);

WITH moved AS (
    INSERT INTO product_aliases (product_id, alias)
    SELECT id, legacy_sku FROM products WHERE legacy_sku IS NOT NULL
    RETURNING product_id, alias
)
INSERT INTO audit_log (entity, entity_id, action, detail, logged_at)
SELECT 'product', product_id, 'moved', 'legacy sku; ' || quote_literal(alias), '2025-10-21 08:31:42Z'
FROM moved
ORDER BY product_id;

ALTER TABLE products DROP COLUMN legacy_sku;

-- Not from the old shop; the suppliers' own names.
INSERT INTO product_aliases (product_id, kind, alias)
VALUES (101, 'supplier', 'Kosmos-Brenner 14"')
     , (104, 'supplier', 'cheminée; soufflée');

-- migrate:down
ALTER TABLE products ADD COLUMN legacy_sku text;

UPDATE products
SET legacy_sku = (SELECT pa.alias
                  FROM product_aliases AS pa
                  WHERE pa.product_id = products.id AND pa.kind = 'legacy');

DROP TABLE product_aliases;

DELETE FROM audit_log WHERE entity = 'product' AND action = 'moved';
SELECT setval(pg_get_serial_sequence('audit_log', 'id'), max(id)) FROM audit_log;

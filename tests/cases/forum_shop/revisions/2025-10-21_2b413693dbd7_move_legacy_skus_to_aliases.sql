-- move legacy skus to aliases
--
-- Revision: 2b413693dbd7
-- Revises: 89dc920d0940
-- Created: 2025-10-21T08:31:42Z

-- migrate:up
CREATE TABLE product_aliases (
    product_id  INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE
  , kind        TEXT NOT NULL DEFAULT 'legacy'
  , alias       TEXT NOT NULL
  , PRIMARY KEY (product_id, kind)
) WITHOUT ROWID;

INSERT INTO product_aliases (product_id, alias)
SELECT id, legacy_sku FROM products WHERE legacy_sku IS NOT NULL;

ALTER TABLE products DROP COLUMN legacy_sku;

-- Not from the old shop; the suppliers' own names.
INSERT INTO product_aliases (product_id, kind, alias)
VALUES (101, 'supplier', 'Kosmos-Brenner 14"')
     , (104, 'supplier', 'cheminée; soufflée');

-- migrate:down
ALTER TABLE products ADD COLUMN legacy_sku TEXT;

UPDATE products
SET legacy_sku = (SELECT pa.alias
                  FROM product_aliases AS pa
                  WHERE pa.product_id = products.id AND pa.kind = 'legacy');

DROP TABLE product_aliases;

-- create products
--
-- Revision: 1634cf67c2c2
-- Revises: 7d919cc84adf
-- Created: 2025-05-06T09:48:21Z

-- migrate:up
CREATE TABLE products (
    id          INTEGER PRIMARY KEY
  , sku         TEXT NOT NULL UNIQUE
  , name        TEXT NOT NULL
  , gtin        INTEGER
  , weight_kg   REAL
  , is_active   INTEGER NOT NULL DEFAULT 1
  , legacy_sku TEXT);

CREATE TABLE product_categories (
    product_id   INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE
  , category_id  INTEGER NOT NULL REFERENCES categories (id)
  , PRIMARY KEY (category_id, product_id)
) WITHOUT ROWID;

INSERT INTO products (id, sku, name, gtin, weight_kg, is_active, legacy_sku)
VALUES (101, 'LMP-OIL-02', 'Oil lamp "Nº 2"',         4006381333931,    1.25,   1, 'A;1')
     , (102, 'LMP-LED-10', 'LED lantern, 10 lm/W -- eco', 4006381333948, 0.4,   1, 'A--2')
     , (103, 'WCK-25',     'Flat wick 1"',             9007199254740993, 1.5e-2, 1, 'W/*25*/')
     , (104, 'GLS-07',     'Chimney (mouth-blown) 🫧',  NULL,             0.333,  1, NULL)
     , (105, 'GFT-50',     'Gift card',                NULL,             NULL,   1, 'o''ld-50')
     , (106, 'LMP-GAS-01', 'Gas mantle lamp',          -1,               2.0,    0, '');

INSERT INTO product_categories (product_id, category_id)
VALUES (101, 2), (101, 3), (102, 2), (102, 4), (103, 6), (104, 7), (105, 8), (106, 2);

-- migrate:down
DROP TABLE product_categories;
DROP TABLE products;

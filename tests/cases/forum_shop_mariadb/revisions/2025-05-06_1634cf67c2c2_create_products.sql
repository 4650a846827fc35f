-- create products
--
-- Revision: 1634cf67c2c2
-- Revises: 7d919cc84adf
-- Created: 2025-05-06T09:48:21Z

-- migrate:up
CREATE TABLE products (
    id          int unsigned NOT NULL AUTO_INCREMENT
  , sku         varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
  , name        varchar(120) NOT NULL
  , gtin        bigint
  , weight_kg   decimal(8, 3)
  , is_active   bool NOT NULL DEFAULT true
  , legacy_sku varchar(20)
  , PRIMARY KEY (id)
  , UNIQUE KEY (sku)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE product_categories (
    product_id   int unsigned NOT NULL
  , category_id  int unsigned NOT NULL
  , PRIMARY KEY (category_id, product_id)
  , CONSTRAINT product_categories_product_fk FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE
  , CONSTRAINT product_categories_category_fk FOREIGN KEY (category_id) REFERENCES categories (id)
);

INSERT INTO products (id, sku, name, gtin, weight_kg, is_active, legacy_sku)
VALUES (101, 'LMP-OIL-02', 'Oil lamp "Nº 2"',         4006381333931,    1.25,   true, 'A;1')
     , (102, 'LMP-LED-10', 'LED lantern, 10 lm/W -- eco', 4006381333948, 0.4,   true, 'A--2')
     , (103, 'WCK-25',     'Flat wick 1"',             9007199254740993, 1.5e-2, true, 'W/*25*/')
     , (104, 'GLS-07',     'Chimney (mouth-blown) 🫧',  NULL,             0.333,  true, NULL)
     , (105, 'GFT-50',     'Gift card',                NULL,             NULL,   true, 'o\'ld-50')
     , (106, 'LMP-GAS-01', 'Gas mantle lamp',          5--6-12,          2.0,    false, '');

-- migrate:down
DROP TABLE product_categories;
DROP TABLE products;

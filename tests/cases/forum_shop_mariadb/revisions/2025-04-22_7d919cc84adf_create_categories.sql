-- create categories
--
-- Revision: 7d919cc84adf
-- Revises: 7afb916f7222
-- Created: 2025-04-22T12:36:14Z

-- migrate:up
CREATE TABLE categories (
    id         int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    parent_id  int unsigned,
    name       varchar(60) NOT NULL,
    path       varchar(200),
    UNIQUE KEY categories_name_uq (parent_id, name),
    CONSTRAINT categories_parent_fk FOREIGN KEY (parent_id) REFERENCES categories (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO categories (id, parent_id, name) VALUES
    (1, NULL, 'Shop'),
    (2, 1,    'Lamps'),
    (3, 2,    'Oil lamps'),
    (4, 2,    'LED lamps'),
    (5, 1,    'Spare parts'),
    (6, 5,    'Wicks'),
    (7, 5,    'Glass; chimneys'),
    (8, 1,    'Gifts 🎁');

-- The breadcrumb of each, from the root down.
UPDATE categories
JOIN (
    WITH RECURSIVE crumbs (id, path) AS (
        SELECT c.id, CAST(c.name AS char(200))
        FROM categories AS c
        WHERE c.parent_id IS NULL
        UNION ALL
        SELECT c.id, concat(crumbs.path, ' / ', c.name)
        FROM categories AS c
        JOIN crumbs ON crumbs.id = c.parent_id
    )
    SELECT id, path FROM crumbs
) AS found ON found.id = categories.id
SET categories.path = found.path;

-- migrate:down
-- children first: the table references itself
DELETE FROM categories WHERE id IN (3, 4, 6, 7);
DELETE FROM categories WHERE id IN (2, 5, 8);
DROP TABLE categories;

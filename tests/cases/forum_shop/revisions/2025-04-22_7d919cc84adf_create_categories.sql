-- create categories
--
-- Revision: 7d919cc84adf
-- Revises: 7afb916f7222
-- Created: 2025-04-22T12:36:14Z

-- migrate:up
CREATE TABLE categories (
    id         INTEGER PRIMARY KEY,
    parent_id  INTEGER REFERENCES categories (id),
    name       TEXT NOT NULL,
    path       TEXT,
    UNIQUE (parent_id, name)
);

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
WITH RECURSIVE crumbs (id, path) AS (
    SELECT c.id, c.name
    FROM categories AS c
    WHERE c.parent_id IS NULL
    UNION ALL
    SELECT c.id, crumbs.path || ' / ' || c.name
    FROM categories AS c
    JOIN crumbs ON crumbs.id = c.parent_id
)
UPDATE categories
SET path = (SELECT crumbs.path FROM crumbs WHERE crumbs.id = categories.id);

-- migrate:down
-- children first: the table references itself
DELETE FROM categories WHERE id IN (3, 4, 6, 7);
DELETE FROM categories WHERE id IN (2, 5, 8);
DROP TABLE categories;

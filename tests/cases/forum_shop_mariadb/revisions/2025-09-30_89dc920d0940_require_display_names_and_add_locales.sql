-- require display names and add locales
--
-- Who had no display name gets the handle; nobody had their handle as display
-- name before, therefore the way back can tell them apart.
--
-- Revision: 89dc920d0940
-- Revises: d7bbad164997
-- Created: 2025-09-30T16:59:03Z

-- migrate:up
UPDATE profiles AS p
JOIN accounts AS a ON a.id = p.account_id
SET p.display_name = a.handle
WHERE p.display_name IS NULL;

ALTER TABLE profiles
    MODIFY COLUMN display_name varchar(100) NOT NULL,
    ADD COLUMN locale varchar(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'en',
    ADD KEY profiles_locale_ix (locale, display_name(10));

UPDATE profiles
SET locale = CASE location
                 WHEN 'Tallinn'     THEN 'et'
                 WHEN 'Tartu'       THEN 'et'
                 WHEN 'Cluj-Napoca' THEN 'ro'
                 WHEN 'Galway'      THEN 'en-IE'
                 WHEN 'Ōsaka'       THEN 'ja'
                 ELSE 'en'
             END;

ALTER TABLE profiles ADD CONSTRAINT profiles_locale_ck CHECK (locale REGEXP '^[a-z]{2}(-[A-Z]{2})?$');

-- migrate:down
ALTER TABLE profiles
    DROP CONSTRAINT profiles_locale_ck,
    DROP KEY profiles_locale_ix,
    DROP COLUMN locale,
    MODIFY COLUMN display_name varchar(100) DEFAULT NULL;

UPDATE profiles AS p
JOIN accounts AS a ON a.id = p.account_id
SET p.display_name = NULL
WHERE p.display_name COLLATE utf8mb4_bin = a.handle;

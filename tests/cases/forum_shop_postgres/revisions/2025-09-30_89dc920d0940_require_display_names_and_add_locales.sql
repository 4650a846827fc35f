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
SET display_name = a.handle
FROM accounts AS a
WHERE a.id = p.account_id AND p.display_name IS NULL;

ALTER TABLE profiles
    ALTER COLUMN display_name SET NOT NULL,
    ADD COLUMN locale text NOT NULL DEFAULT 'en';

UPDATE profiles
SET locale = CASE location
                 WHEN 'Tallinn'     THEN 'et'
                 WHEN 'Tartu'       THEN 'et'
                 WHEN 'Cluj-Napoca' THEN 'ro'
                 WHEN 'Galway'      THEN 'en-IE'
                 WHEN 'Ōsaka'       THEN 'ja'
                 ELSE 'en'
             END;

CREATE INDEX profiles_locale_ix ON profiles (locale) INCLUDE (display_name);
ALTER TABLE profiles ADD CONSTRAINT profiles_locale_ck CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$');

-- migrate:down
ALTER TABLE profiles DROP CONSTRAINT profiles_locale_ck;
DROP INDEX profiles_locale_ix;
ALTER TABLE profiles
    DROP COLUMN locale,
    ALTER COLUMN display_name DROP NOT NULL;

UPDATE profiles AS p
SET display_name = NULL
FROM accounts AS a
WHERE a.id = p.account_id AND p.display_name = a.handle;

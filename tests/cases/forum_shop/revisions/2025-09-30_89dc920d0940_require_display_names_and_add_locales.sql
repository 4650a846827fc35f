-- require display names and add locales
--
-- A NOT NULL cannot be added to a column, so the table is built anew. Who had
-- no display name gets the handle; nobody had their handle as display name
-- before, therefore the way back can tell them apart.
--
-- Revision: 89dc920d0940
-- Revises: d7bbad164997
-- Created: 2025-09-30T16:59:03Z

-- migrate:up
CREATE TABLE profiles_new (
    account_id          INTEGER PRIMARY KEY
                        REFERENCES accounts (id) ON DELETE CASCADE,
    display_name        TEXT NOT NULL,
    bio                 TEXT NOT NULL DEFAULT '',
    location            TEXT,
    locale              TEXT NOT NULL DEFAULT 'en',
    "favourite colour"  TEXT,
    avatar              BLOB
);

INSERT INTO profiles_new (account_id, display_name, bio, location, locale, "favourite colour", avatar)
SELECT p.account_id,
       coalesce(p.display_name, a.handle),
       p.bio,
       p.location,
       CASE p.location
           WHEN 'Tallinn'     THEN 'et'
           WHEN 'Tartu'       THEN 'et'
           WHEN 'Cluj-Napoca' THEN 'ro'
           WHEN 'Galway'      THEN 'en-IE'
           WHEN 'Ōsaka'       THEN 'ja'
           ELSE 'en'
       END,
       p."favourite colour",
       p.avatar
FROM profiles AS p
JOIN accounts AS a ON a.id = p.account_id
ORDER BY p.account_id;

DROP TABLE profiles;
ALTER TABLE profiles_new RENAME TO profiles;

-- went away with the old table
CREATE INDEX profiles_location_ix ON profiles (location) WHERE location IS NOT NULL;
CREATE INDEX profiles_locale_ix ON profiles (locale);

-- migrate:down
CREATE TABLE profiles_old (
    account_id          INTEGER PRIMARY KEY
                        REFERENCES accounts (id) ON DELETE CASCADE,
    display_name        TEXT,
    bio                 TEXT NOT NULL DEFAULT '',
    location            TEXT,
    "favourite colour"  TEXT,
    avatar              BLOB
);

INSERT INTO profiles_old (account_id, display_name, bio, location, "favourite colour", avatar)
SELECT p.account_id, nullif(p.display_name, a.handle), p.bio, p.location, p."favourite colour", p.avatar
FROM profiles AS p
JOIN accounts AS a ON a.id = p.account_id
ORDER BY p.account_id;

DROP TABLE profiles;
ALTER TABLE profiles_old RENAME TO profiles;

CREATE INDEX profiles_location_ix ON profiles (location) WHERE location IS NOT NULL;

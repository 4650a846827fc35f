-- create profiles
--
-- One profile at most for each account. The avatar is only the thumbnail, the
-- picture itself lies in the object store.
--
-- Revision: 02b42194feab
-- Revises: 97990e02a891
-- Created: 2025-01-14T09:03:51Z

-- migrate:up
CREATE TABLE "profiles" (
    account_id          integer PRIMARY KEY
                        REFERENCES accounts (id) ON DELETE CASCADE,
    display_name        text,
    bio                 text NOT NULL DEFAULT '',
    location            text,
    "favourite colour"  text,
    avatar              bytea
);

-- The member list can be filtered by place; most people don't tell theirs.
CREATE INDEX profiles_location_ix ON profiles (location) WHERE location IS NOT NULL;

INSERT INTO profiles (account_id, display_name, bio, location, "favourite colour", avatar) VALUES
    (1, 'The Management', 'Keeps the lights on. 🏮', 'Tallinn', NULL, '\x89504E470D0A1A0A00'),
    (2, 'Mirela', 'Moderator; be kind -- or else /* just kidding */.', 'Cluj-Napoca', 'teal', '\x'),
    (3, 'Seán O''Hara', 'It''s ''quoted'', isn''t it?', 'Galway', '"burnt" orange', NULL),
    (4, NULL, '', NULL, NULL, NULL),
    (5, '小林 🦊', '日本語もどうぞ。𠮷野家が好き。', 'Ōsaka', '#d04e2f', '\x00FF00FF'),
    (6, NULL, E'first line\n-- second line, it\'s no comment;\n\tthird line \\', 'Tartu', 'grey', NULL);

-- migrate:down
DROP INDEX profiles_location_ix;
DROP TABLE profiles;

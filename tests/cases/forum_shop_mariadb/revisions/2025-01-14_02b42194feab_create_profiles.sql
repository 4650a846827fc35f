-- create profiles
--
-- One profile at most for each account. The avatar is only the thumbnail, the
-- picture itself lies in the object store.
--
-- Revision: 02b42194feab
-- Revises: 97990e02a891
-- Created: 2025-01-14T09:03:51Z

-- migrate:up
CREATE TABLE `profiles` (
    account_id          int unsigned NOT NULL,
    display_name        varchar(100) DEFAULT NULL,
    bio                 text NOT NULL,
    location            varchar(100),
    `favourite colour`  varchar(40),
    avatar              blob,
    PRIMARY KEY (account_id),
    -- The member list can be filtered by place; its first letters tell most of them apart.
    KEY profiles_location_ix (location(12)),
    CONSTRAINT profiles_account_fk FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

# A comment as in the shell; its semicolon ends nothing.
INSERT INTO profiles (account_id, display_name, bio, location, `favourite colour`, avatar) VALUES
    (1, 'The Management', 'Keeps the lights on. 🏮', 'Tallinn', NULL, X'89504E470D0A1A0A00'),
    (2, 'Mirela', 'Moderator; be kind -- or else /* just kidding */.', 'Cluj-Napoca', 'teal', X''),
    (3, 'Seán O''Hara', "It's 'quoted', isn't it?", 'Galway', '\"burnt\" orange', NULL),
    (4, \N, '', NULL, NULL, NULL),
    (5, _utf8mb4'小林 🦊', '日本語もどうぞ。𠮷野家が好き。', 'Ōsaka', '#d04e2f', 0x00FF00FF),
    (6, NULL, 'first line\n-- second line, it\'s no comment;\n\tthird line \\', 'Tartu', 'grey', NULL);

-- migrate:down
ALTER TABLE profiles DROP KEY profiles_location_ix;
DROP TABLE profiles;

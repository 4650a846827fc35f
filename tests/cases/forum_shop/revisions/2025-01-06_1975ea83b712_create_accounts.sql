-- create accounts
--
-- Revision: 1975ea83b712
-- Revises: base
-- Created: 2025-01-06T10:12:13Z

-- migrate:up
CREATE TABLE accounts (
    id          INTEGER PRIMARY KEY,
    username    TEXT NOT NULL CHECK (length(username) BETWEEN 2 AND 32),
    email       TEXT NOT NULL,
    role        TEXT NOT NULL DEFAULT 'member'
                CHECK (role IN ('member', 'moderator', 'admin')),
    created_at  TEXT NOT NULL
);

CREATE UNIQUE INDEX accounts_username_uq ON accounts (username);

-- migrate:down
DROP INDEX accounts_username_uq;
DROP TABLE accounts;

-- create accounts
--
-- Revision: 1975ea83b712
-- Revises: base
-- Created: 2025-01-06T10:12:13Z

-- migrate:up
CREATE TABLE accounts (
    id          int unsigned NOT NULL AUTO_INCREMENT,
    username    varchar(32) NOT NULL,
    email       varchar(190) NOT NULL,
    role        enum('member', 'moderator', 'admin') NOT NULL DEFAULT 'member',
    created_at  datetime NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY accounts_username_uq (username),
    CONSTRAINT accounts_username_ck CHECK (char_length(username) >= 2)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Who may log in; there\'s one for everybody -- and no more.';

-- migrate:down
DROP INDEX accounts_username_uq ON accounts;
DROP TABLE accounts;

-- rename username to handle
--
-- SQLite edits the indexes, the view and the trigger which use the column, too.
--
-- Revision: d7bbad164997
-- Revises: 35851cbf9585
-- Created: 2025-09-09T11:08:16Z

-- migrate:up
ALTER TABLE accounts RENAME COLUMN username TO handle;

-- migrate:down
ALTER TABLE accounts RENAME COLUMN handle TO username;

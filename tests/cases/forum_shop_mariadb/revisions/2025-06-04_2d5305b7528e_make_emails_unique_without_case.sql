-- make emails unique without case
--
-- Revision: 2d5305b7528e
-- Revises: 4e16483b7ade
-- Created: 2025-06-04T08:20:00Z

-- migrate:up
-- The collation of the table has no cases.
CREATE UNIQUE INDEX accounts_email_uq ON accounts (email);

-- The staff page lists only these; the others have no name in it.
ALTER TABLE accounts
    ADD COLUMN staff_name varchar(32) AS (IF(role = 'member', NULL, username)) VIRTUAL,
    ADD COLUMN email_domain varchar(190) GENERATED ALWAYS AS (lower(substring_index(email, '@', -1))) STORED;
CREATE INDEX accounts_staff_ix ON accounts (staff_name);
CREATE INDEX accounts_email_domain_ix ON accounts (email_domain(20));

-- migrate:down
DROP INDEX accounts_email_domain_ix ON accounts;
DROP INDEX accounts_staff_ix ON accounts;
ALTER TABLE accounts DROP COLUMN email_domain;
ALTER TABLE accounts DROP COLUMN staff_name;
DROP INDEX accounts_email_uq ON accounts;

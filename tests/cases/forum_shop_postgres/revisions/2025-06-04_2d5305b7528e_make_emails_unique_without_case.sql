-- make emails unique without case
--
-- Revision: 2d5305b7528e
-- Revises: 4e16483b7ade
-- Created: 2025-06-04T08:20:00Z

-- migrate:up
CREATE UNIQUE INDEX accounts_email_uq ON accounts (lower(email));

-- The staff page lists only these.
CREATE INDEX accounts_staff_ix ON accounts (role, username) WHERE role <> 'member';

ALTER TABLE accounts ADD COLUMN email_domain text GENERATED ALWAYS AS (lower(split_part(email, '@', 2))) STORED;
CREATE INDEX accounts_email_domain_ix ON accounts (email_domain);

-- migrate:down
DROP INDEX accounts_email_domain_ix;
ALTER TABLE accounts DROP COLUMN email_domain;

DROP INDEX accounts_staff_ix;
DROP INDEX accounts_email_uq;

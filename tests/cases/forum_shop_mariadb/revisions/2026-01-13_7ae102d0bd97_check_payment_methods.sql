-- check payment methods
--
-- Revision: 7ae102d0bd97
-- Revises: 14650385987c
-- Created: 2026-01-13T09:26:37Z

-- migrate:up
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES' */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
UPDATE payments
SET method = CASE method WHEN 'cc' THEN 'card' WHEN 'sepa' THEN 'transfer' ELSE method END;

ALTER TABLE payments
    MODIFY COLUMN method enum('card', 'transfer', 'cash') NOT NULL,
    ADD CONSTRAINT payments_amount_ck CHECK (amount_cents <> 0),
    ADD COLUMN is_refund tinyint(1) GENERATED ALWAYS AS (amount_cents < 0) VIRTUAL
        COMMENT 'Money that goes back;\n\'-- cash\', too';
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;

-- migrate:down
ALTER TABLE payments
    DROP COLUMN is_refund,
    DROP CONSTRAINT payments_amount_ck,
    MODIFY COLUMN method varchar(10) NOT NULL;

UPDATE payments
SET method = CASE method WHEN 'card' THEN 'cc' WHEN 'transfer' THEN 'sepa' ELSE method END;

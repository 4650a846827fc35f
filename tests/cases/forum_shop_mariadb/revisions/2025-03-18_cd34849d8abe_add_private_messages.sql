-- add private messages
--
-- The importer of the old board's mailbox wants these very names, blanks and
-- all; that's why they are quoted.
--
-- Revision: cd34849d8abe
-- Revises: c4139c4bd282
-- Created: 2025-03-18T17:29:58Z

-- migrate:up
CREATE TABLE `private messages` (
    id                   int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `sender id`          int unsigned NOT NULL,
    `recipient id`       int unsigned NOT NULL,
    `in reply to`        int unsigned,
    `subject; or none`   varchar(200),
    body                 text NOT NULL,
    `sent at`            datetime NOT NULL,
    `read ``at```        datetime,
    KEY `private messages by recipient` (`recipient id`, `sent at`),
    CONSTRAINT `sender; of it` FOREIGN KEY (`sender id`) REFERENCES accounts (id),
    CONSTRAINT `recipient -- of it` FOREIGN KEY (`recipient id`) REFERENCES accounts (id),
    CONSTRAINT `in reply to` FOREIGN KEY (`in reply to`) REFERENCES `private messages` (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO `private messages` (id, `sender id`, `recipient id`, `in reply to`, `subject; or none`, body, `sent at`, `read ``at```)
VALUES
    (1, 1, 2, NULL, 'keys', 'Where\'re the keys? I''m locked out ;-)', '2025-03-18 18:00:00', '2025-03-18 18:01:00'),
    (2, 2, 1, 1, NULL, 'Under the 🪴 -- as always.', '2025-03-18 18:02:00', '2025-03-18 18:02:30'),
    (3, 5, 3, NULL, '/* no subject */', "Is \"O'Hara\" spelled with an apostrophe?", '2025-03-18 19:10:00', NULL),
    (4, 4, 6, NULL, '', '', '2025-03-18 20:00:00', NULL);

UPDATE `private messages`
SET `read ``at``` = `sent at`
WHERE `sender id` = 4 AND body = '';

-- migrate:down
DROP TABLE `private messages`;

-- add post reactions
--
-- Revision: e3e71260e68a
-- Revises: b0fda29b45b1
-- Created: 2025-02-19T11:44:09Z

-- migrate:up
-- To many collations one emoji is like the other.
CREATE TABLE post_reactions (
    post_id     int unsigned NOT NULL,
    account_id  int unsigned NOT NULL,
    emoji       varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reacted_at  datetime(6) NOT NULL,
    PRIMARY KEY (post_id, account_id, emoji),
    KEY post_reactions_account_ix (account_id),
    FOREIGN KEY (post_id)    REFERENCES posts (id)    ON DELETE CASCADE,
    FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB;

INSERT INTO post_reactions VALUES (1, 2, '🎉', '2025-02-19 11:50:00');
INSERT INTO post_reactions VALUES (1, 3, '🎉', '2025-02-19 11:51:00'), (1, 3, '❤️', '2025-02-19 11:51:02.000001');
INSERT INTO post_reactions VALUES (3, 3, '👍', '2025-02-19 11:55:00'), (9, 4, '👩‍🚀', '2025-02-19 12:00:00');

-- Everybody likes coffee (the author herself doesn't count).
INSERT INTO post_reactions (post_id, account_id, emoji, reacted_at)
SELECT 10, a.id, '☕', TIMESTAMP'2025-02-19 12:30:00'
FROM accounts AS a
WHERE a.role = 'member' AND a.id <> 6;

-- migrate:down
DROP TABLE post_reactions;

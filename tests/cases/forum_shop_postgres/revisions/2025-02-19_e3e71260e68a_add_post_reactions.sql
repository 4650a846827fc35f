-- add post reactions
--
-- Revision: e3e71260e68a
-- Revises: b0fda29b45b1
-- Created: 2025-02-19T11:44:09Z

-- migrate:up
CREATE TABLE post_reactions (
    post_id     integer NOT NULL REFERENCES posts (id)    ON DELETE CASCADE,
    account_id  integer NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    emoji       text    NOT NULL,
    reacted_at  timestamptz NOT NULL,
    PRIMARY KEY (post_id, account_id, emoji)
);

CREATE INDEX post_reactions_account_ix ON post_reactions (account_id);

INSERT INTO post_reactions VALUES (1, 2, '🎉', '2025-02-19 11:50:00Z');
INSERT INTO post_reactions VALUES (1, 3, '🎉', '2025-02-19 11:51:00Z'), (1, 3, '❤️', '2025-02-19 11:51:02Z');
INSERT INTO post_reactions VALUES (3, 3, '👍', '2025-02-19 11:55:00Z'), (9, 4, '👩‍🚀', '2025-02-19 12:00:00Z');

-- Everybody likes coffee (the author herself doesn't count).
INSERT INTO post_reactions (post_id, account_id, emoji, reacted_at)
SELECT 10, a.id, '☕', timestamptz '2025-02-19 12:30:00Z'
FROM accounts AS a
WHERE a.role = 'member' AND a.id <> 6;

-- migrate:down
DROP TABLE post_reactions;

-- create posts
--
-- Posts form a tree inside a topic: an answer has the post it answers as its
-- parent. Deleting a post deletes the answers to it, too.
--
-- Revision: b0fda29b45b1
-- Revises: a50647d6e8f9
-- Created: 2025-02-04T15:18:33Z

-- migrate:up
CREATE TABLE posts (
    id          INTEGER PRIMARY KEY,
    topic_id    INTEGER NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    parent_id   INTEGER          REFERENCES posts (id)  ON DELETE CASCADE,
    author_id   INTEGER NOT NULL REFERENCES accounts (id),
    body        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    edited_at   TEXT,
    CHECK (parent_id IS NULL OR parent_id < id)
);

CREATE INDEX posts_topic_ix ON posts (topic_id, created_at);
CREATE INDEX posts_parent_ix ON posts (parent_id) WHERE parent_id IS NOT NULL;

/* The posts of the trial week.

   They were typed in by hand; hence the odd ones: DROP TABLE nothing;
   it's all inside of this comment. */
INSERT INTO posts (id, topic_id, parent_id, author_id, body, created_at, edited_at) VALUES
    (1, 1, NULL, 1, 'Hello everybody, and welcome to the forum.', '2025-02-03 09:00:00', NULL),
    (2, 2, NULL, 3, 'I''ve a No. 2 burner; the old wick is 1" wide. What do I buy?', '2025-02-03 09:20:00', NULL),
    (3, 2, 2, 2, 'A 1" one -- what else?', '2025-02-03 09:31:00', '2025-02-03 09:32:10'),
    (4, 2, 3, 3, 'Thanks! /* that was easy */', '2025-02-03 09:40:00', NULL),
    (5, 3, NULL, 5, 'At the end:

SELECT ''a;b'' AS x; -- like this
SELECT 2 /* or; this */ ;

but not after the last line of a trigger''s WHEN.', '2025-02-03 10:00:00', NULL),
    (6, 3, 5, 6, 'And a file has its "-- migrate:down" after the "-- migrate:up".', '2025-02-03 10:30:00', NULL),
    (7, 3, 5, 3, ';', '2025-02-03 10:45:00', NULL),
    (8, 4, NULL, 4, 'Mine: 🏮🪔🔦 (three of ''em)', '2025-02-03 11:15:00', NULL),
    (9, 4, 8, 5, '𝓁𝑜𝓋𝑒𝓁𝓎! 👍🏽', '2025-02-03 11:50:00', NULL),
    (10, 5, NULL, 6, 'Black. '' '''' ''''''. No sugar, ever; --', '2025-02-03 12:00:00', NULL);

-- migrate:down
DROP INDEX posts_parent_ix;
DROP INDEX posts_topic_ix;
DROP TABLE posts;

-- create posts
--
-- Posts form a tree inside a topic: an answer has the post it answers as its
-- parent. Deleting a post deletes the answers to it, too.
--
-- Revision: b0fda29b45b1
-- Revises: a50647d6e8f9
-- Created: 2025-02-04T15:18:33Z

-- migrate:up
-- The column of a CHECK can't count by itself here: the importer gives the numbers.
CREATE TABLE posts (
    id          int unsigned NOT NULL PRIMARY KEY,
    topic_id    int unsigned NOT NULL,
    parent_id   int unsigned,
    author_id   int unsigned NOT NULL,
    body        text NOT NULL,
    created_at  datetime NOT NULL,
    edited_at   datetime,
    KEY posts_topic_ix (topic_id, created_at),
    KEY posts_body_ix (body(16)),
    FULLTEXT KEY posts_body_ft (body),
    CONSTRAINT posts_topic_fk  FOREIGN KEY (topic_id)  REFERENCES topics (id) ON DELETE CASCADE,
    CONSTRAINT posts_parent_fk FOREIGN KEY (parent_id) REFERENCES posts (id)  ON DELETE CASCADE,
    CONSTRAINT posts_author_fk FOREIGN KEY (author_id) REFERENCES accounts (id),
    CONSTRAINT posts_parent_ck CHECK (parent_id IS NULL OR parent_id < id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

/* The posts of the trial week.

   They were typed in by hand; hence the odd ones: DROP TABLE nothing;
   it's all inside of this comment. */
INSERT INTO posts (id, topic_id, parent_id, author_id, body, created_at, edited_at) VALUES
    (1, 1, NULL, 1, 'Hello everybody, and welcome to the forum.', '2025-02-03 09:00:00', NULL),
    (2, 2, NULL, 3, 'I''ve a No. 2 burner; the old wick is 1" wide. What do I buy?', '2025-02-03 09:20:00', NULL),
    (3, 2, 2, 2, "A 1"" one -- what else?", '2025-02-03 09:31:00', '2025-02-03 09:32:10'),
    (4, 2, 3, 3, 'Thanks! /* that was easy */', '2025-02-03 09:40:00', NULL),
    (5, 3, NULL, 5, 'At the end:

SELECT ''a;b'' AS x; -- like this
SELECT 2 /* or; this */ ; # or this
DELIMITER $$

but not after the last line of a trigger''s WHEN.', '2025-02-03 10:00:00', NULL),
    (6, 3, 5, 6, 'And a file has its "-- migrate:down" after the "-- migrate:up".', '2025-02-03 10:30:00', NULL),
    (7, 3, 5, 3, ';', '2025-02-03 10:45:00', NULL),
    (8, 4, NULL, 4, 'Mine: 🏮🪔🔦 (three of ''em)', '2025-02-03 11:15:00', NULL),
    (9, 4, 8, 5, '𝓁𝑜𝓋𝑒𝓁𝓎! 👍🏽', '2025-02-03 11:50:00', NULL),
    (10, 5, NULL, 6, 'Black. \' '''' ''''\'\'. No sugar, ever; --', '2025-02-03 12:00:00', NULL);

-- migrate:down
DROP TABLE posts;

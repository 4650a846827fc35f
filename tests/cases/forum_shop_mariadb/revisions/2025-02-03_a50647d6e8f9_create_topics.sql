-- create topics
--
-- Revision: a50647d6e8f9
-- Revises: 5e18ea70f0ec
-- Created: 2025-02-03T08:55:02Z

-- migrate:up
CREATE TABLE topics (
    id          int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    forum_id    int unsigned NOT NULL,
    author_id   int unsigned NOT NULL,
    slug        varchar(60) NOT NULL,
    title       varchar(200) NOT NULL,
    is_pinned   tinyint(1) NOT NULL DEFAULT 0,
    is_locked   tinyint(1) NOT NULL DEFAULT 0,
    created_at  datetime NOT NULL,
    UNIQUE KEY topics_slug_uq (forum_id, slug),
    CONSTRAINT topics_forum_fk  FOREIGN KEY (forum_id)  REFERENCES forums (id) ON DELETE RESTRICT,
    CONSTRAINT topics_author_fk FOREIGN KEY (author_id) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE INDEX topics_author_ix ON topics (author_id, created_at DESC);

-- Pinned topics are few, and they're asked for on every page.
CREATE INDEX topics_pinned_ix ON topics (is_pinned, forum_id);

INSERT INTO topics (id, forum_id, author_id, slug, title, is_pinned, is_locked, created_at) VALUES
    (1, 1, 1, 'welcome',          'Welcome! 🎉',                          TRUE, TRUE, '2025-02-03 09:00:00'),
    (2, 2, 3, 'which-wick',       'Which wick for a No. 2 burner?',       FALSE, FALSE, '2025-02-03 09:20:00'),
    (3, 3, 5, 'semicolons',       'Where do semicolons go; and where not?', FALSE, FALSE, '2025-02-03 10:00:00'),
    (4, 2, 4, 'photos',           'Show your lamps 💡📷',                  TRUE, FALSE, '2025-02-03 11:15:00'),
    (5, 4, 6, 'coffee',           'It\'s about coffee',                   FALSE, FALSE, '2025-02-03 12:00:00');

-- migrate:down
DROP TABLE topics;

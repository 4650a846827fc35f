-- create topics
--
-- Revision: a50647d6e8f9
-- Revises: 5e18ea70f0ec
-- Created: 2025-02-03T08:55:02Z

-- migrate:up
CREATE TABLE topics (
    id          INTEGER PRIMARY KEY,
    forum_id    INTEGER NOT NULL REFERENCES forums (id) ON DELETE RESTRICT,
    author_id   INTEGER NOT NULL REFERENCES accounts (id),
    slug        TEXT NOT NULL,
    title       TEXT NOT NULL,
    is_pinned   INTEGER NOT NULL DEFAULT 0 CHECK (is_pinned IN (0, 1)),
    is_locked   INTEGER NOT NULL DEFAULT 0 CHECK (is_locked IN (0, 1)),
    created_at  TEXT NOT NULL,
    UNIQUE (forum_id, slug)
);

CREATE INDEX topics_author_ix ON topics (author_id, created_at DESC);

-- Pinned topics are few, and they're asked for on every page.
CREATE INDEX topics_pinned_ix ON topics (forum_id) WHERE is_pinned = 1;

INSERT INTO topics (id, forum_id, author_id, slug, title, is_pinned, is_locked, created_at) VALUES
    (1, 1, 1, 'welcome',          'Welcome! 🎉',                          1, 1, '2025-02-03 09:00:00'),
    (2, 2, 3, 'which-wick',       'Which wick for a No. 2 burner?',       0, 0, '2025-02-03 09:20:00'),
    (3, 3, 5, 'semicolons',       'Where do semicolons go; and where not?', 0, 0, '2025-02-03 10:00:00'),
    (4, 2, 4, 'photos',           'Show your lamps 💡📷',                  1, 0, '2025-02-03 11:15:00'),
    (5, 4, 6, 'coffee',           'It''s about coffee',                   0, 0, '2025-02-03 12:00:00');

-- migrate:down
DROP TABLE topics;

-- add tags
--
-- Tags are unique without regard to case, but keep the spelling of whoever
-- wrote them first.
--
-- Revision: c4139c4bd282
-- Revises: e3e71260e68a
-- Created: 2025-03-05T14:02:26Z

-- migrate:up
CREATE TABLE tags (
    id     int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    label  varchar(40) NOT NULL,
    UNIQUE KEY tags_label_uq (label),
    CONSTRAINT tags_label_ck CHECK (trim(label) <> '')
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE topic_tags (
    topic_id  int unsigned NOT NULL,
    tag_id    int unsigned NOT NULL,
    PRIMARY KEY (topic_id, tag_id),
    KEY topic_tags_tag_ix (tag_id),
    CONSTRAINT topic_tags_topic_fk FOREIGN KEY (topic_id) REFERENCES topics (id) ON DELETE CASCADE,
    CONSTRAINT topic_tags_tag_fk   FOREIGN KEY (tag_id)   REFERENCES tags (id)   ON DELETE CASCADE
) ENGINE=InnoDB;

INSERT INTO tags (id, label) VALUES
    (1, 'Lamps'), (2, 'SQL'), (3, 'help; please'), (4, 'c--'), (5, '"fun"'), (6, '🔥');

INSERT INTO topic_tags (topic_id, tag_id) VALUES
    (2, 1), (2, 3), (3, 2), (3, 4), (4, 1), (4, 6), (5, 5);

-- migrate:down
DROP TABLE topic_tags;
DROP TABLE tags;

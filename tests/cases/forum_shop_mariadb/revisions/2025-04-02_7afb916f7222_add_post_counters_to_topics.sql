-- add post counters to topics
--
-- Counting the posts for each line of a topic list was too slow. From now on
-- two triggers keep the numbers; the backfill follows the same rules.
--
-- Revision: 7afb916f7222
-- Revises: cd34849d8abe
-- Created: 2025-04-02T10:00:47Z

-- migrate:up
ALTER TABLE topics
    ADD COLUMN post_count int NOT NULL DEFAULT 0,
    ADD COLUMN last_post_at datetime,
    ADD COLUMN heat enum('cold', 'warm', 'hot', 'frozen') NOT NULL DEFAULT 'cold' AFTER title;

-- backfill
UPDATE topics
SET post_count   = (SELECT count(*) FROM posts AS p WHERE p.topic_id = topics.id),
    last_post_at = (SELECT max(p.created_at) FROM posts AS p WHERE p.topic_id = topics.id);

UPDATE topics
SET heat = CASE
               WHEN is_locked THEN 'frozen'
               ELSE CASE
                        WHEN post_count >= 4 THEN 'hot'
                        WHEN post_count >= 2 THEN 'warm'
                        ELSE 'cold'
                    END
           END;

DELIMITER $$

CREATE TRIGGER posts_count_insert AFTER INSERT ON posts
FOR EACH ROW
BEGIN
    -- A post may be older than the topic's last one (imports); so don't just take it.
    UPDATE topics
    SET post_count = post_count + 1,
        last_post_at = greatest(coalesce(last_post_at, NEW.created_at), NEW.created_at)
    WHERE id = NEW.topic_id;

    UPDATE topics
    SET heat = CASE
                   WHEN is_locked THEN 'frozen'
                   ELSE CASE /* nested; the inner END; is not the last one */
                            WHEN post_count >= 4 THEN 'hot'
                            WHEN post_count >= 2 THEN 'warm'
                            ELSE 'cold'
                        END
               END
    WHERE id = NEW.topic_id;
END$$

CREATE TRIGGER posts_count_delete AFTER DELETE ON posts
FOR EACH ROW
BEGIN
    DECLARE posts_left int DEFAULT 0;
    DECLARE newest datetime;
    SELECT count(*), max(p.created_at) INTO posts_left, newest
    FROM posts AS p
    WHERE p.topic_id = OLD.topic_id;

    UPDATE topics SET post_count = posts_left, last_post_at = newest WHERE id = OLD.topic_id;
    IF (SELECT NOT is_locked FROM topics WHERE id = OLD.topic_id) THEN
        UPDATE topics
        SET heat = IF(post_count >= 4, 'hot', IF(post_count >= 2, 'warm', 'cold'))
        WHERE id = OLD.topic_id;
    END IF; # of the topics that aren't frozen; END$ is near
END$$

DELIMITER ;

-- migrate:down
DROP TRIGGER posts_count_delete;
DROP TRIGGER posts_count_insert;

-- the other way round, the last one first
ALTER TABLE topics DROP COLUMN heat;
ALTER TABLE topics DROP COLUMN last_post_at, DROP COLUMN post_count;

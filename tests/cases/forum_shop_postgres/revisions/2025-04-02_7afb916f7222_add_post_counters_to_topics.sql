-- add post counters to topics
--
-- Counting the posts for each line of a topic list was too slow. From now on
-- two triggers keep the numbers; the backfill follows the same rules.
--
-- Revision: 7afb916f7222
-- Revises: cd34849d8abe
-- Created: 2025-04-02T10:00:47Z

-- migrate:up
ALTER TABLE topics ADD COLUMN post_count integer NOT NULL DEFAULT 0;
ALTER TABLE topics ADD COLUMN last_post_at timestamptz;
ALTER TABLE topics ADD COLUMN heat text NOT NULL DEFAULT 'cold' CHECK (heat IN ('cold', 'warm', 'hot', 'frozen'));

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

CREATE FUNCTION posts_count_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- A post may be older than the topic's last one (imports); so don't just take it.
    UPDATE topics
    SET post_count = post_count + 1,
        last_post_at = greatest(last_post_at, NEW.created_at)
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
    RETURN NULL;
END;
$$;

CREATE TRIGGER posts_count_insert
AFTER INSERT ON posts
FOR EACH ROW EXECUTE FUNCTION posts_count_insert();

CREATE FUNCTION posts_count_delete() RETURNS trigger AS $body$
BEGIN
    UPDATE topics
    SET post_count = post_count - 1,
        last_post_at = (SELECT max(p.created_at) FROM posts AS p WHERE p.topic_id = OLD.topic_id)
    WHERE id = OLD.topic_id;

    UPDATE topics
    SET heat = CASE
                   WHEN is_locked THEN 'frozen'
                   ELSE CASE /* nested; the inner END; is not the last one */
                            WHEN post_count >= 4 THEN 'hot'
                            WHEN post_count >= 2 THEN 'warm'
                            ELSE 'cold'
                        END
               END
    WHERE id = OLD.topic_id;
    RETURN NULL;
END;
$body$ LANGUAGE plpgsql;

CREATE TRIGGER posts_count_delete
AFTER DELETE ON posts
FOR EACH ROW EXECUTE FUNCTION posts_count_delete();

-- migrate:down
DROP TRIGGER posts_count_delete ON posts;
DROP TRIGGER posts_count_insert ON posts;
DROP FUNCTION posts_count_delete(), posts_count_insert();

-- the other way round, the last one first
ALTER TABLE topics DROP COLUMN heat;
ALTER TABLE topics DROP COLUMN last_post_at;
ALTER TABLE topics DROP COLUMN post_count;

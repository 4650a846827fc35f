-- add coupons
--
-- The columns are named "begin" and "end", as in the campaign tool.
--
-- Revision: 14650385987c
-- Revises: 47704b315a36
-- Created: 2025-11-25T10:41:55Z

-- migrate:up
CREATE TABLE coupons (
    code         text PRIMARY KEY,
    percent_off  integer NOT NULL CHECK (percent_off BETWEEN 1 AND 90),
    "begin"      timestamptz NOT NULL,
    "end"        timestamptz NOT NULL,
    CHECK ("begin" <= "end")
);

CREATE UNIQUE INDEX coupons_code_uq ON coupons (lower(code));

CREATE TABLE coupon_redemptions (
    order_id     integer PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    coupon_code  text NOT NULL REFERENCES coupons (code) ON UPDATE CASCADE
);

CREATE FUNCTION coupon_redemptions_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1
                   FROM coupons AS c
                   JOIN orders AS o ON o.id = NEW.order_id
                   WHERE c.code = NEW.coupon_code
                     AND o.placed_at >= c."begin" AND o.placed_at < c."end") THEN
        RAISE EXCEPTION 'this coupon isn''t valid; sorry' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER coupon_redemptions_check
BEFORE INSERT ON coupon_redemptions
FOR EACH ROW EXECUTE FUNCTION coupon_redemptions_check();

INSERT INTO coupons (code, percent_off, "begin", "end") VALUES
    ('OPENING',    10, '2025-06-01 00:00:00Z', '2025-07-01 00:00:00Z'),
    ('it''s;cold', 15, '2025-12-01 00:00:00Z', '2026-03-01 00:00:00Z'),
    ('🎄',         20, '2025-12-01 00:00:00Z', '2025-12-27 00:00:00Z');

INSERT INTO coupon_redemptions (order_id, coupon_code) VALUES (5001, 'OPENING'), (5003, 'OPENING');

-- Tell the members; and answer the one who asked.
INSERT INTO topics (id, forum_id, author_id, slug, title, created_at)
VALUES (6, 1, 2, 'coupons', 'Coupons are here 🎟️', '2025-11-25 11:00:00Z');

INSERT INTO posts (id, topic_id, parent_id, author_id, body, created_at) VALUES
    (11, 6, NULL, 2, 'Use ''OPENING''; it''s 10 % off -- for orders of June.', '2025-11-25 11:00:00Z'),
    (12, 6, 11,   5, 'ありがとう 🙇', '2025-11-25 11:20:00Z'),
    (13, 2, 4,    2, 'PS: wicks are cheaper with a coupon.', '2025-11-25 11:30:00Z');

-- migrate:down
-- the counters of topic 2 follow by trigger
DELETE FROM posts WHERE id = 13;
DELETE FROM posts WHERE id IN (11, 12);
DELETE FROM topics WHERE id = 6;

DROP TABLE coupon_redemptions;
DROP FUNCTION coupon_redemptions_check();
DROP TABLE coupons;

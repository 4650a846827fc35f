-- add coupons
--
-- The columns are named "begin" and "end", as in the campaign tool.
--
-- Revision: 14650385987c
-- Revises: 47704b315a36
-- Created: 2025-11-25T10:41:55Z

-- migrate:up
CREATE TABLE coupons (
    code         varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    percent_off  tinyint unsigned NOT NULL CHECK (percent_off BETWEEN 1 AND 90),
    `begin`      datetime NOT NULL,
    end          datetime NOT NULL,
    CONSTRAINT coupons_days_ck CHECK (`begin` <= `end`)
) ENGINE=InnoDB;

CREATE TABLE coupon_redemptions (
    order_id     int unsigned NOT NULL PRIMARY KEY,
    coupon_code  varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    CONSTRAINT coupon_redemptions_order_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT coupon_redemptions_coupon_fk FOREIGN KEY (coupon_code) REFERENCES coupons (code) ON UPDATE CASCADE
) ENGINE=InnoDB;

DELIMITER $$
CREATE TRIGGER coupon_redemptions_check BEFORE INSERT ON coupon_redemptions
FOR EACH ROW
BEGIN
    IF NOT EXISTS (SELECT 1
                   FROM coupons AS c
                   JOIN orders AS o ON o.id = NEW.order_id
                   WHERE c.code = NEW.coupon_code
                     AND o.placed_at >= c.begin AND o.placed_at < c.end) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this coupon isn''t valid; sorry';
    END IF;
END$$
DELIMITER ;

INSERT INTO coupons (code, percent_off, `begin`, `end`) VALUES
    ('OPENING',    10, '2025-06-01', '2025-07-01'),
    ('it''s;cold', 15, '2025-12-01', '2026-03-01'),
    ('🎄',         20, '2025-12-01', '2025-12-27');

INSERT INTO coupon_redemptions (order_id, coupon_code) VALUES (5001, 'OPENING'), (5003, 'OPENING');

-- Tell the members; and answer the one who asked.
INSERT INTO topics (id, forum_id, author_id, slug, title, created_at)
VALUES (6, 1, 2, 'coupons', 'Coupons are here 🎟️', '2025-11-25 11:00:00');

INSERT INTO posts (id, topic_id, parent_id, author_id, body, created_at) VALUES
    (11, 6, NULL, 2, 'Use ''OPENING''; it\'s 10 % off -- for orders of June.', '2025-11-25 11:00:00'),
    (12, 6, 11,   5, 'ありがとう 🙇', '2025-11-25 11:20:00'),
    (13, 2, 4,    2, 'PS: wicks are cheaper with a coupon.', '2025-11-25 11:30:00');

-- migrate:down
-- the counters of topic 2 follow by trigger
DELETE FROM posts WHERE id = 13;
DELETE FROM posts WHERE id IN (11, 12) ORDER BY id DESC;
DELETE FROM topics WHERE id = 6;

DROP TABLE coupon_redemptions;
DROP TABLE coupons;

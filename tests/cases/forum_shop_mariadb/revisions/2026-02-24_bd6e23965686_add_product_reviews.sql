-- add product reviews
--
-- Only who bought a product can review it: the review points to the line of
-- the order. The shop shows the mean of the visible ones.
--
-- Revision: bd6e23965686
-- Revises: d227a021a293
-- Created: 2026-02-24T11:33:49Z

-- migrate:up
CREATE TABLE product_reviews (
    id          int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id    int unsigned NOT NULL,
    line_no     smallint NOT NULL,
    account_id  int unsigned NOT NULL,
    stars       tinyint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body        varchar(2000) NOT NULL DEFAULT '',
    is_hidden   bool NOT NULL DEFAULT false,
    created_at  datetime NOT NULL,
    UNIQUE KEY product_reviews_line_uq (order_id, line_no),
    KEY product_reviews_body_ix (body(8)),
    CONSTRAINT product_reviews_account_fk FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT product_reviews_line_fk FOREIGN KEY (order_id, line_no)
        REFERENCES order_lines (order_id, line_no) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE SQL SECURITY INVOKER VIEW product_ratings AS
SELECT p.id AS product_id, p.name, count(r.id) AS reviews, round(avg(r.stars), 1) AS stars
FROM products AS p
JOIN order_lines AS l ON l.product_id = p.id
JOIN product_reviews AS r ON r.order_id = l.order_id AND r.line_no = l.line_no
WHERE NOT r.is_hidden
GROUP BY p.id, p.name;

INSERT INTO product_reviews (id, order_id, line_no, account_id, stars, body, created_at) VALUES
    (1, 5001, 1, 3, 5, 'Burns bright; doesn''t smoke. 🔥🔥🔥', '2026-02-24 12:00:00'),
    (2, 5001, 2, 3, 4, "It's a wick -- what can I say? /* five stars for the price */", '2026-02-24 12:01:00'),
    (3, 5005, 1, 6, 1, 'cancelled :-(', '2026-02-24 12:30:00');

-- A cancelled order's review isn't shown.
UPDATE product_reviews
SET is_hidden = CASE (SELECT o.status FROM orders AS o WHERE o.id = product_reviews.order_id)
                    WHEN 'cancelled' THEN true
                    ELSE false
                END;

INSERT INTO audit_log (entity, entity_id, action, actor, detail, logged_at) VALUES
    ('review', 3, 'hide', 'root', 'order was cancelled', '2026-02-24 12:31:00'); # that's all for now

-- migrate:down
DELETE FROM audit_log WHERE entity = 'review' AND entity_id = 3 AND action = 'hide';
ALTER TABLE audit_log AUTO_INCREMENT = 1;
DROP VIEW product_ratings;
DROP TABLE product_reviews; -- and nobody's opinion is left; the end

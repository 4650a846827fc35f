-- add order views
--
-- Revision: 35851cbf9585
-- Revises: ccbba5b2b2cc
-- Created: 2025-08-26T14:45:30Z

-- migrate:up
CREATE VIEW order_totals AS
SELECT o.id AS order_id,
       a.username AS customer,
       o.status,
       coalesce(sum(l.line_total_cents), 0) AS total_cents,
       (SELECT coalesce(sum(p.amount_cents), 0)
        FROM payments AS p
        WHERE p.order_id = o.id) AS paid_cents
FROM orders AS o
JOIN accounts AS a ON a.id = o.account_id
LEFT JOIN order_lines AS l ON l.order_id = o.id
GROUP BY o.id, a.username, o.status;

create view open_orders (order_id, account_id, status, label) as
    select id, account_id, status, 'order #' || id || '; "' || status || '"'  -- shown in the admin's list
    from orders
    where is_open;

-- The admin's list is edited in place.
create function open_orders_update() returns trigger language plpgsql as $$
begin
    update orders set status = new.status where id = old.order_id;
    return new;
end $$;

create trigger open_orders_update instead of update on open_orders
    for each row execute function open_orders_update();

comment on view open_orders is 'What''s to do; "new" and "paid".';

create function order_total("order" integer) returns bigint
    language sql stable
    as 'select coalesce(sum(l.line_total_cents), 0) from order_lines as l where l.order_id = "order"; -- it''s that easy';

-- migrate:down
drop function order_total(integer);
drop trigger open_orders_update on open_orders;
drop function open_orders_update();
drop view open_orders;
DROP VIEW order_totals;

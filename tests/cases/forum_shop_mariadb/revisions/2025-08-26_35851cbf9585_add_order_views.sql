-- add order views
--
-- Revision: 35851cbf9585
-- Revises: ccbba5b2b2cc
-- Created: 2025-08-26T14:45:30Z

-- migrate:up
CREATE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW order_totals AS
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

-- The admin's list is edited in place.
/*!50001 create sql security invoker view open_orders (order_id, account_id, status, label) as
    select id, account_id, status, concat('order #', id, '; "', status, '"')  -- shown in the admin's list
    from orders
    where is_open
    with check option */;

delimiter go
create function order_total(an_order int unsigned) returns bigint
    reads sql data
    sql security invoker
    comment 'What''s to pay; before the coupon'
begin
    declare total bigint default 0;
    select coalesce(sum(l.line_total_cents), 0) into total from order_lines as l where l.order_id = an_order; -- it's that easy
    return total;
end go

create procedure close_order(in an_order int unsigned, out was_open bool)
    sql security invoker
begin
    declare exit handler for not found set was_open = false;
    select is_open into was_open from orders where id = an_order;
    if was_open then
        update orders set status = 'shipped' where id = an_order;
    end if;
end go
delimiter ;

-- migrate:down
drop procedure close_order;
drop function order_total;
drop view open_orders;
DROP VIEW order_totals;

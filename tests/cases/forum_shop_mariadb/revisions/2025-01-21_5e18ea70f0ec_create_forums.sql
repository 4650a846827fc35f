-- create forums
--
-- Revision: 5e18ea70f0ec
-- Revises: 02b42194feab
-- Created: 2025-01-21T13:27:40Z

-- migrate:up
create table forums (
    id           int unsigned not null auto_increment primary key,
    -- /forum/Code and /forum/code are the same page
    slug         varchar(60) character set utf8mb4 collate utf8mb4_general_ci not null unique ,
    name         varchar(100) not null,
    description  text,
    position     int not null default 0
) engine=innodb default charset=utf8mb4;

insert into forums (id, slug, name, description, position)
values (1, 'announcements', 'Announcements', 'News; read only for most of us', 10),
       (2, 'lanterns', 'Lanterns & Lamps', 'Oil, gas, LED -- all of them', 20),
       (3, 'code', 'Code corner', 'Snippets, e.g. /* a comment */ or $x = "y"; # and more', 30),
       (4, 'off-topic', 'Off topic', null, 99);

-- migrate:down
drop table forums;

-- create forums
--
-- Revision: 5e18ea70f0ec
-- Revises: 02b42194feab
-- Created: 2025-01-21T13:27:40Z

-- migrate:up
create table forums (
    id           integer primary key,
    slug         text not null unique collate nocase,
    name         text not null,
    description  text,
    position     integer not null default 0
);

insert into forums (id, slug, name, description, position)
values (1, 'announcements', 'Announcements', 'News; read only for most of us', 10),
       (2, 'lanterns', 'Lanterns & Lamps', 'Oil, gas, LED -- all of them', 20),
       (3, 'code', 'Code corner', 'Snippets, e.g. /* a comment */ or $x = "y";', 30),
       (4, 'off-topic', 'Off topic', null, 99);

-- migrate:down
drop table forums;

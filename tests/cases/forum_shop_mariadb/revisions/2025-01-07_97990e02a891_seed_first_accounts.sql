-- seed first accounts
--
-- The people who were on the old mailing list. Their ids are fixed because the
-- seeds of the later revisions refer to them.
--
-- Revision: 97990e02a891
-- Revises: 1975ea83b712
-- Created: 2025-01-07T16:40:05Z

-- migrate:up
INSERT INTO accounts (id, username, email, role, created_at) VALUES
    (1, 'root',    'root@lanternforum.example',     'admin',     '2025-01-07 16:00:00'),
    (2, 'mirela',  'mirela@lanternforum.example',   'moderator', '2025-01-07 16:05:00'),
    (3, 'o''hara', 'Sean.OHara@mail.example',       'member',    '2025-01-07 16:10:00'),
    (4, 'juniper', 'juniper@mail.example',          'member',    '2025-01-07 16:12:30'),
    (5, '小林',     'kobayashi@post.example.jp',     'member',    '2025-01-07 16:20:45'),
    (6, 'zoë',     'zoe@uni.example.edu',           'member',    '2025-01-07 16:31:00');

-- migrate:down
DELETE FROM accounts WHERE id IN (1, 2, 3, 4, 5, 6);

-- Whoever makes a link to a password sees it, and could use it themself: what they may not do for themself they
-- may not do for an account that they let in either.
ALTER TABLE access_links ADD COLUMN made_by bigint REFERENCES users;
ALTER TABLE users ADD COLUMN let_in_by bigint REFERENCES users;
CREATE INDEX users_let_in_by ON users (let_in_by) WHERE let_in_by IS NOT NULL;

UPDATE access_links l
   SET made_by = (SELECT a.actor_id FROM audit a
                   WHERE a.action IN ('user.invited', 'user.link_made') AND a.subject_id = l.user_id
                   ORDER BY a.id DESC LIMIT 1);
UPDATE users u
   SET let_in_by = (SELECT made.actor_id FROM audit made
                     WHERE made.action IN ('user.invited', 'user.link_made') AND made.subject_id = u.id
                       AND made.id < (SELECT max(used.id) FROM audit used
                                       WHERE used.action = 'user.link_used' AND used.subject_id = u.id)
                     ORDER BY made.id DESC LIMIT 1)
 WHERE EXISTS (SELECT FROM audit used WHERE used.action = 'user.link_used' AND used.subject_id = u.id);

-- Claims what is due, earliest first; and if nothing is due before it, what is due at the next instant, if that
-- is at most so many milliseconds ahead. Never waits: what somebody else holds, schedule or contact, is passed
-- over and stays due. A row that changed since the snapshot is judged anew when its lock is taken. Attendant,
-- department and channel are held too, and shared with other dispatchers: while one of them is being
-- deactivated, its schedules are passed over, and whoever begins to deactivate waits for the decision and then
-- sees its tickets. (An attendant may be missing, and a lock cannot be taken of the missing side of an outer
-- join.) The parameters: ids to leave alone; how far ahead; how many rows at most.
SELECT s.id, s.due_at > now() AS is_ahead
  FROM schedules s
  JOIN contacts c ON c.id = s.contact_id
  JOIN channels ch ON ch.id = c.channel_id
  JOIN departments d ON d.id = s.department_id
 WHERE s.status = 'scheduled' AND s.id <> ALL ($1)
   AND s.due_at <= greatest(now(), least(now() + $2 * interval '1 millisecond',
                                         (SELECT min(due_at) FROM schedules
                                           WHERE status = 'scheduled' AND id <> ALL ($1))))
   AND (s.attendant_id IS NULL
        OR EXISTS (SELECT FROM users u WHERE u.id = s.attendant_id FOR SHARE SKIP LOCKED))
 ORDER BY s.due_at, s.id
 LIMIT $3
   FOR NO KEY UPDATE OF s, c SKIP LOCKED
   FOR SHARE OF ch, d SKIP LOCKED

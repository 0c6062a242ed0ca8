-- Claims what is due, earliest first; and if nothing is due before it, what is due at the next instant, if that
-- is at most so many milliseconds ahead. Never waits: what somebody else holds, schedule or contact, is passed
-- over and stays due. A row that changed since the snapshot is judged anew when its lock is taken. The
-- parameters: ids to leave alone; how far ahead; how many rows at most.
SELECT s.id, s.due_at > now() AS is_ahead
  FROM schedules s
  JOIN contacts c ON c.id = s.contact_id
 WHERE s.status = 'scheduled' AND s.id <> ALL ($1)
   AND s.due_at <= greatest(now(), least(now() + $2 * interval '1 millisecond',
                                         (SELECT min(due_at) FROM schedules
                                           WHERE status = 'scheduled' AND id <> ALL ($1))))
 ORDER BY s.due_at, s.id
 LIMIT $3
   FOR NO KEY UPDATE OF s, c SKIP LOCKED

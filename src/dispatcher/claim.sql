-- Claims what is due, earliest first. Never waits: what somebody else holds, schedule or contact,
-- is passed over and stays due. A row that changed since the snapshot is judged anew when its lock is
-- taken. The first parameter: ids to leave alone; the second: how many rows at most.
SELECT s.id
  FROM schedules s
  JOIN contacts c ON c.id = s.contact_id
 WHERE s.status = 'scheduled' AND s.due_at <= now() AND s.id <> ALL ($1)
 ORDER BY s.due_at, s.id
 LIMIT $2
   FOR NO KEY UPDATE OF s, c SKIP LOCKED

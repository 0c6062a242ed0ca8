-- Claims due schedules, earliest first. If none is due and the next due time is at most $2 milliseconds
-- ahead, claims the schedules of that time.
--
-- Never waits for a lock: a schedule whose row or contact is locked by another transaction is skipped and
-- stays due. PostgreSQL checks the conditions again when it locks a row that changed since the snapshot.
--
-- Attendant, department and channel get a shared lock, which several dispatchers can hold at once. While one
-- of them is being deactivated, its schedules are skipped. A transaction that starts to deactivate one waits
-- for the decision and then sees the new tickets. The attendant may be NULL, and PostgreSQL cannot lock the
-- nullable side of an outer join: hence the subquery.
--
-- Parameters: $1 ids to skip; $2 milliseconds ahead; $3 maximum rows.
SELECT s.id, s.due_at > now() AS is_ahead
  FROM schedules s
  JOIN contacts c ON c.id = s.contact_id
  JOIN channels ch ON ch.id = coalesce(s.channel_id, c.channel_id)
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

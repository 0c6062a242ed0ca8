-- The tickets that completed schedules opened (those of the last three days are still open), and the tickets
-- that made schedules fail.
INSERT INTO tickets (contact_id, department_id, attendant_id, schedule_id, status, opened_at, closed_at, closed_by)
SELECT contact_id, department_id, attendant_id, schedule_id, CASE WHEN is_open THEN 'open' ELSE 'closed' END, opened_at,
       CASE WHEN NOT is_open THEN opened_at + CASE WHEN schedule_id IS NULL THEN interval '3 hours' ELSE interval '40 minutes' END END,
       CASE WHEN NOT is_open THEN coalesce(attendant_id, sizes.creator) END
  FROM (SELECT s.contact_id, s.department_id, s.attendant_id,
               CASE s.status WHEN 'completed' THEN s.id END AS schedule_id,
               CASE s.status WHEN 'completed' THEN s.finished_at ELSE s.due_at - interval '2 hours' END AS opened_at,
               s.status = 'completed' AND s.due_at > now() - interval '3 days' AS is_open
          FROM schedules s CROSS JOIN sizes
         WHERE s.id > sizes.last_schedule AND s.action <> 'notify'
           AND (s.status = 'completed' OR s.failure_reason = 'ticket_open')
           -- the closing time of a more recent blocking ticket would lie in the future
           AND (s.status = 'completed' OR s.due_at < now() - interval '2 hours')) AS t
 CROSS JOIN sizes
 ORDER BY opened_at;
ANALYZE tickets;

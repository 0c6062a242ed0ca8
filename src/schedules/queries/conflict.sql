-- Finds the schedule that is too close to a wanted time, and the nearest free times before and after it.
--
-- Parameters: $1 spacing key; $2 the wanted time; $3 the smallest distance; $4 the schedule that is being
-- moved, or NULL.
--
-- A free time is at least one distance after a pending schedule and one distance before the next. So two
-- index scans, which start at the wanted time and stop at the first gap, find the nearest free times.
SELECT s.id, c.name AS contact_name, s.due_at,
    (SELECT t.free FROM (
        SELECT p.due_at, date_trunc('minute', p.due_at - $3) AS free,
               lead(p.due_at) OVER (ORDER BY p.due_at DESC) AS next
          FROM schedules p
         WHERE p.spacing_key = $1 AND p.status = 'scheduled' AND p.id IS DISTINCT FROM $4 AND p.due_at < $2 + $3
     ) t
     WHERE t.free > clock_timestamp() AND (t.next IS NULL OR t.next <= t.free - $3)
     ORDER BY t.due_at DESC LIMIT 1) AS free_before,
    (SELECT t.free FROM (
        SELECT p.due_at, date_trunc('minute', p.due_at + $3 + interval '59.999999 seconds') AS free,
               lead(p.due_at) OVER (ORDER BY p.due_at) AS next
          FROM schedules p
         WHERE p.spacing_key = $1 AND p.status = 'scheduled' AND p.id IS DISTINCT FROM $4 AND p.due_at > $2 - $3
     ) t
     WHERE t.next IS NULL OR t.next >= t.free + $3
     ORDER BY t.due_at LIMIT 1) AS free_after
  FROM schedules s JOIN contacts c ON c.id = s.contact_id
 WHERE s.spacing_key = $1 AND s.status = 'scheduled' AND s.id IS DISTINCT FROM $4
   AND s.due_at > $2 - $3 AND s.due_at < $2 + $3
 ORDER BY abs(extract(epoch FROM s.due_at - $2)), s.id LIMIT 1

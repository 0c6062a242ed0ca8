-- $1 spacing key, $2 the wanted time, $3 the smallest distance, $4 the schedule that is moved, if one is.
-- A free time lies a distance after one pending schedule and a distance before the next, so that two
-- walks along the index from the wanted time, each ending at its first gap, find the nearest.
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

-- For each wanted time, the first free time from then on.
--
-- Parameters: $1 spacing key; $2 the wanted times; $3 the smallest distance; $4 the schedule that is being
-- moved, or NULL. See conflict.sql for how the next free time is found.
SELECT coalesce(
    CASE WHEN EXISTS (SELECT FROM schedules s
                       WHERE s.spacing_key = $1 AND s.status = 'scheduled' AND s.id IS DISTINCT FROM $4
                         AND s.due_at > wanted.at - $3 AND s.due_at < wanted.at + $3)
    THEN (SELECT t.free FROM (
        SELECT p.due_at, date_trunc('minute', p.due_at + $3 + interval '59.999999 seconds') AS free,
               lead(p.due_at) OVER (ORDER BY p.due_at) AS next
          FROM schedules p
         WHERE p.spacing_key = $1 AND p.status = 'scheduled' AND p.id IS DISTINCT FROM $4
           AND p.due_at > wanted.at - $3
     ) t
     WHERE t.next IS NULL OR t.next >= t.free + $3
     ORDER BY t.due_at LIMIT 1)
    END, wanted.at)
  FROM unnest($2) WITH ORDINALITY AS wanted (at, place)
 ORDER BY wanted.place

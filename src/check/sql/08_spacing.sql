SELECT 'schedule' AS subject, pending.id
  FROM (SELECT id, due_at, min_gap,
               lead(due_at) OVER (PARTITION BY spacing_key ORDER BY due_at, id) AS next_due_at
          FROM schedules
         WHERE status = 'scheduled' AND NOT spacing_exempt AND min_gap > '0') AS pending
 WHERE pending.next_due_at < pending.due_at + pending.min_gap

SELECT 'schedule' AS subject, s.id
  FROM schedules s
  LEFT JOIN (SELECT schedule_id, string_agg(kind, ' ' ORDER BY id) AS path
               FROM schedule_history GROUP BY schedule_id) h ON h.schedule_id = s.id
 WHERE s.status NOT IN ('scheduled', 'completed', 'failed', 'cancelled')
    OR (s.status = 'scheduled') <> (s.finished_at IS NULL)
    OR (s.status = 'failed') <> (s.failure_reason IS NOT NULL)
    OR coalesce(h.path, '') !~ ('^created( edited)*'
           || CASE s.status WHEN 'scheduled' THEN '' ELSE ' ' || s.status END || '$')

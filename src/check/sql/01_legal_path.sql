SELECT 'schedule' AS subject, s.id
  FROM schedules s CROSS JOIN retention r
  LEFT JOIN (SELECT schedule_id, string_agg(kind, ' ' ORDER BY id) AS path
               FROM schedule_history GROUP BY schedule_id) h ON h.schedule_id = s.id
 WHERE s.status NOT IN ('scheduled', 'completed', 'failed', 'cancelled')
    OR (s.status = 'scheduled') <> (s.finished_at IS NULL)
    OR (s.status = 'failed') <> (s.failure_reason IS NOT NULL)
    OR h.path !~ ('^created( edited)*' || CASE s.status WHEN 'scheduled' THEN '' ELSE ' ' || s.status END || '$')
    -- A history is retired as a whole, and only after its end.
    OR (h.path IS NULL AND (s.finished_at < r.history_gone_before) IS NOT TRUE)

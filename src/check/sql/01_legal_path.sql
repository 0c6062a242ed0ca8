-- What the row says is compared with what the history says. However the limit of retention is stored, a history
-- of the last twelve months is never retired.
SELECT 'schedule' AS subject, s.id
  FROM schedules s CROSS JOIN retention r
  LEFT JOIN (SELECT schedule_id, string_agg(kind, ' ' ORDER BY id) AS path,
                    max(details->>'reason') FILTER (WHERE kind = 'failed') AS reason
               FROM schedule_history GROUP BY schedule_id) h ON h.schedule_id = s.id
 WHERE s.status NOT IN ('scheduled', 'completed', 'failed', 'cancelled')
    OR (s.status = 'scheduled') <> (s.finished_at IS NULL)
    OR (s.status = 'failed') <> (s.failure_reason IS NOT NULL)
    OR (h.path IS NOT NULL AND h.reason IS DISTINCT FROM s.failure_reason)
    OR h.path !~ ('^created( edited)*' || CASE s.status WHEN 'scheduled' THEN '' ELSE ' ' || s.status END || '$')
    -- A history is retired as a whole, and only after its end.
    OR (h.path IS NULL AND (s.finished_at < least(r.history_gone_before, now() - interval '12 months')) IS NOT TRUE)

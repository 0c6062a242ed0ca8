-- Compares each schedule's row with its history. Whatever retention limit is stored, a history of the last
-- twelve months is never deleted.
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
    -- Retention deletes a history as a whole, and only after the schedule has ended.
    OR (h.path IS NULL AND (s.finished_at < least(r.history_gone_before, now() - interval '12 months')) IS NOT TRUE)

SELECT 'schedule' AS subject, coalesce(h.schedule_id, a.subject_id) AS id
  FROM (SELECT schedule_id, kind, count(*) AS times
          FROM schedule_history GROUP BY schedule_id, kind) h
  FULL JOIN (SELECT subject_id, action, count(*) AS times
               FROM audit WHERE action IN ('schedule.created', 'schedule.edited', 'schedule.cancelled',
                                           'schedule.completed', 'schedule.failed')
              GROUP BY subject_id, action) a
    ON a.subject_id = h.schedule_id AND a.action = 'schedule.' || h.kind
 WHERE h.times IS DISTINCT FROM a.times
UNION ALL
SELECT 'guard of the audit', guard.number
  FROM (VALUES (1, 'audit_is_append_only'), (2, 'audit_is_never_emptied')) AS guard (number, name)
 WHERE NOT EXISTS (SELECT FROM pg_trigger t
                    WHERE t.tgrelid = 'audit'::regclass AND t.tgname = guard.name AND t.tgenabled IN ('O', 'A'))

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
SELECT 'ticket', coalesce(e.ticket_id, a.subject_id)
  FROM (SELECT m.ticket_id, m.event, count(*) AS times
          FROM messages m JOIN tickets t ON t.id = m.ticket_id
         WHERE m.event = 'ticket_closed' OR (m.event = 'ticket_opened' AND t.schedule_id IS NULL)
         GROUP BY m.ticket_id, m.event) e
  FULL JOIN (SELECT subject_id, action, count(*) AS times
               FROM audit WHERE action IN ('ticket.opened', 'ticket.closed') GROUP BY subject_id, action) a
    ON a.subject_id = e.ticket_id AND a.action = replace(e.event, '_', '.')
 WHERE e.times IS DISTINCT FROM a.times
UNION ALL
SELECT 'guard of the audit', guard.number
  FROM (VALUES (1, 'audit_is_append_only'), (2, 'audit_is_never_emptied')) AS guard (number, name)
 WHERE NOT EXISTS (SELECT FROM pg_trigger t
                    WHERE t.tgrelid = 'audit'::regclass AND t.tgname = guard.name AND t.tgenabled IN ('O', 'A'))

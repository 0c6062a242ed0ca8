-- Of what is older, the audit may be retired; of the last twelve months it never is. Of a schedule that ended
-- long ago, the history may be retired as a whole.
WITH kept AS (
    SELECT least(audit_gone_before, now() - interval '12 months') + interval '1 minute' AS since,
           history_gone_before
      FROM retention
)
SELECT 'schedule' AS subject, coalesce(h.schedule_id, a.subject_id) AS id
  FROM kept CROSS JOIN
       ((SELECT schedule_id, kind, count(*) AS times, min(at) AS first
           FROM schedule_history GROUP BY schedule_id, kind) h
        FULL JOIN (SELECT subject_id, action, count(*) AS times, min(at) AS first
                     FROM audit WHERE action IN ('schedule.created', 'schedule.edited', 'schedule.cancelled',
                                                 'schedule.completed', 'schedule.failed')
                    GROUP BY subject_id, action) a
          ON a.subject_id = h.schedule_id AND a.action = 'schedule.' || h.kind)
 WHERE h.times IS DISTINCT FROM a.times AND least(h.first, a.first) >= kept.since
   AND (h.times IS NOT NULL
        OR EXISTS (SELECT FROM schedule_history WHERE schedule_id = a.subject_id)
        OR NOT EXISTS (SELECT FROM schedules s
                        WHERE s.id = a.subject_id AND s.finished_at < kept.history_gone_before))
UNION ALL
SELECT 'ticket', coalesce(e.ticket_id, a.subject_id)
  FROM kept CROSS JOIN
       ((SELECT m.ticket_id, m.event, count(*) AS times, min(m.created_at) AS first
           FROM messages m JOIN tickets t ON t.id = m.ticket_id
          WHERE m.event = 'ticket_closed' OR (m.event = 'ticket_opened' AND t.schedule_id IS NULL)
          GROUP BY m.ticket_id, m.event) e
        FULL JOIN (SELECT subject_id, action, count(*) AS times, min(at) AS first
                     FROM audit WHERE action IN ('ticket.opened', 'ticket.closed') GROUP BY subject_id, action) a
          ON a.subject_id = e.ticket_id AND a.action = replace(e.event, '_', '.'))
 WHERE e.times IS DISTINCT FROM a.times AND least(e.first, a.first) >= kept.since
UNION ALL
SELECT 'guard of the audit', guard.number
  FROM (VALUES (1, 'audit_is_append_only'), (2, 'audit_is_never_emptied')) AS guard (number, name)
 WHERE NOT EXISTS (SELECT FROM pg_trigger t
                    WHERE t.tgrelid = 'audit'::regclass AND t.tgname = guard.name AND t.tgenabled IN ('O', 'A'))

-- Older audit rows may have been deleted by retention; those of the last twelve months never are. The history
-- of a schedule that ended long ago may have been deleted as a whole.
WITH kept AS (
    SELECT least(audit_gone_before, now() - interval '12 months') + interval '1 minute' AS since,
           least(history_gone_before, now() - interval '12 months') AS history_gone_before
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
SELECT 'ticket', t.id
  FROM kept CROSS JOIN tickets t
 WHERE t.status = 'closed' AND t.closed_at >= kept.since
   AND EXISTS (SELECT FROM messages m WHERE m.ticket_id = t.id AND m.kind = 'event')
   AND NOT EXISTS (SELECT FROM audit a WHERE a.action = 'ticket.closed' AND a.subject_id = t.id)
UNION ALL
-- A trigger with the right name may still guard nothing. So it must run before every change, without a
-- condition, and must call the function from the migrations, which is recognized by a hash of its text. A
-- trigger's type is a sum: 1 for each row, 2 before, 8 delete, 16 update, 32 truncate.
SELECT 'guard of the audit', guard.number
  FROM (VALUES (1, 'audit_is_append_only', 1 + 2 + 8 + 16),
               (2, 'audit_is_never_emptied', 2 + 32)) AS guard (number, name, type)
 WHERE NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                    WHERE t.tgrelid = 'audit'::regclass AND t.tgname = guard.name AND t.tgenabled IN ('O', 'A')
                      AND t.tgtype = guard.type AND t.tgqual IS NULL AND t.tgattr = ''::int2vector
                      AND md5(regexp_replace(p.prosrc, '\s+', ' ', 'g')) = 'b87576aa96591113bcc3f4f4e0ce6fc1')

INSERT INTO audit (at, actor_id, action, subject_id, details)
SELECT at, actor, action, subject, details FROM (
    SELECT h.at, h.actor_id AS actor, 'schedule.' || h.kind AS action, h.schedule_id AS subject,
           CASE WHEN h.details ? 'reason' THEN jsonb_build_object('reason', h.details -> 'reason') ELSE '{}' END AS details
      FROM schedule_history h WHERE h.schedule_id > (SELECT last_schedule FROM sizes)
    UNION ALL
    SELECT m.created_at, m.author_id, replace(m.event, '_', '.'), m.ticket_id, jsonb_build_object('contact_id', m.contact_id)
      FROM messages m
     WHERE m.ticket_id > (SELECT last_ticket FROM sizes)
       AND (m.event = 'ticket_closed' OR (m.event = 'ticket_opened' AND m.schedule_id IS NULL))
 ) AS happened
 ORDER BY at, subject;

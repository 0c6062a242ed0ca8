SELECT 'ticket' AS subject, t.id
  FROM tickets t JOIN schedules s ON s.id = t.schedule_id
 WHERE s.status <> 'completed' OR s.action = 'notify' OR s.contact_id <> t.contact_id
UNION ALL
SELECT 'message', m.id
  FROM messages m JOIN schedules s ON s.id = m.schedule_id
 WHERE s.status <> 'completed' OR s.action = 'notify' OR s.contact_id <> m.contact_id
UNION ALL
SELECT 'notification', n.id
  FROM notifications n JOIN schedules s ON s.id = n.schedule_id
 WHERE n.kind <> 'schedule_' || s.status OR s.contact_id <> n.contact_id

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
UNION ALL
-- Whatever it names, it is of one contact.
SELECT 'message', m.id
  FROM messages m JOIN tickets t ON t.id = m.ticket_id
 WHERE t.contact_id <> m.contact_id
UNION ALL
SELECT 'notification', n.id
  FROM notifications n JOIN tickets t ON t.id = n.ticket_id
 WHERE t.contact_id <> n.contact_id
UNION ALL
-- What somebody passes on, they were told; within the week before, so that it may be retired meanwhile.
SELECT 'notification', n.id
  FROM notifications n CROSS JOIN retention r
 WHERE n.passed_on_by IS NOT NULL AND n.created_at > r.notifications_gone_before + interval '8 days'
   AND NOT EXISTS (SELECT FROM notifications told
                    WHERE told.schedule_id = n.schedule_id AND told.kind = n.kind AND told.user_id = n.passed_on_by)

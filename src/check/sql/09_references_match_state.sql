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
 WHERE n.kind NOT IN ('schedule_' || s.status, 'message_failed') OR s.contact_id <> n.contact_id
UNION ALL
-- The record and its ticket belong to the same contact.
SELECT 'message', m.id
  FROM messages m JOIN tickets t ON t.id = m.ticket_id
 WHERE t.contact_id <> m.contact_id
UNION ALL
SELECT 'notification', n.id
  FROM notifications n JOIN tickets t ON t.id = n.ticket_id
 WHERE t.contact_id <> n.contact_id
UNION ALL
-- A user who passed a notification on must have received it first. That may have been up to a week earlier, so
-- retention may have deleted it: hence the margin of 8 days.
SELECT 'notification', n.id
  FROM notifications n CROSS JOIN retention r
 WHERE n.passed_on_by IS NOT NULL AND n.created_at > r.notifications_gone_before + interval '8 days'
   AND NOT EXISTS (SELECT FROM notifications received
                    WHERE (received.schedule_id, received.message_id) IS NOT DISTINCT FROM (n.schedule_id, n.message_id)
                      AND received.kind = n.kind AND received.user_id = n.passed_on_by)

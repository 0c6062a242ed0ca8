-- The list of schedules reads what became of a message from a table of its own.
SELECT 'schedule' AS subject, m.schedule_id AS id
  FROM messages m
  JOIN schedules s ON s.id = m.schedule_id
  LEFT JOIN outbox o ON o.message_id = m.id
  LEFT JOIN schedule_deliveries d ON d.schedule_id = m.schedule_id
 WHERE m.kind = 'attendant'
   AND (d.due_at, d.state) IS DISTINCT FROM (
       s.due_at,
       coalesce(o.state, CASE WHEN m.read_at IS NOT NULL THEN 'read'
                              WHEN m.delivered_at IS NOT NULL THEN 'delivered' ELSE 'sent' END))

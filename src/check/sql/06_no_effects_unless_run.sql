SELECT 'schedule' AS subject, s.id
  FROM schedules s
 WHERE s.status IN ('scheduled', 'cancelled')
   AND (EXISTS (SELECT FROM tickets t WHERE t.schedule_id = s.id)
        OR EXISTS (SELECT FROM notifications n WHERE n.schedule_id = s.id))
UNION
SELECT 'schedule', s.id FROM messages m JOIN schedules s ON s.id = m.schedule_id
 WHERE s.status IN ('scheduled', 'cancelled')

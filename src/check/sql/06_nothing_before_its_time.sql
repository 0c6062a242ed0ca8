SELECT 'schedule' AS subject, s.id
  FROM schedules s
 WHERE s.status IN ('scheduled', 'cancelled')
   AND (EXISTS (SELECT FROM tickets t WHERE t.schedule_id = s.id)
        OR EXISTS (SELECT FROM messages m WHERE m.schedule_id = s.id)
        OR EXISTS (SELECT FROM notifications n WHERE n.schedule_id = s.id))

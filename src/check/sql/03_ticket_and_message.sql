SELECT 'schedule' AS subject, s.id
  FROM schedules s
 WHERE s.status = 'completed' AND s.action <> 'notify'
   AND ((SELECT count(*) FROM tickets t WHERE t.schedule_id = s.id) <> 1
        OR (SELECT count(*) FROM messages m WHERE m.schedule_id = s.id AND m.kind = 'attendant')
           <> (s.message <> '' OR EXISTS (SELECT FROM attachments a WHERE a.schedule_id = s.id))::int)

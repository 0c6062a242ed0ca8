SELECT 'schedule' AS subject, s.id
  FROM schedules s
 WHERE s.status = 'completed' AND s.action <> 'notify'
   AND ((SELECT count(*) FROM tickets t WHERE t.schedule_id = s.id) <> 1
        OR (SELECT count(*) FROM messages m WHERE m.schedule_id = s.id AND m.kind = 'attendant')
           <> (s.message <> '' OR EXISTS (SELECT FROM attachments a WHERE a.schedule_id = s.id))::int
        -- The message must have the scheduled text (with variables filled, whose values may have changed since) and belong to the ticket that this schedule opened.
        OR EXISTS (SELECT FROM messages m
                    WHERE m.schedule_id = s.id AND m.kind = 'attendant'
                      AND (strpos(s.message, '{{') = 0 AND m.body <> s.message
                           OR NOT EXISTS (SELECT FROM tickets t WHERE t.id = m.ticket_id AND t.schedule_id = s.id))))

SELECT 'schedule' AS subject, s.id
  FROM schedules s
 WHERE s.status = 'failed'
   AND (EXISTS (SELECT FROM tickets t WHERE t.schedule_id = s.id)
        OR (SELECT array_agg(n.user_id::text ORDER BY n.user_id::text) FROM notifications n
             WHERE n.schedule_id = s.id AND n.kind = 'schedule_failed')
           IS DISTINCT FROM
           (SELECT coalesce(array_agg(u::text ORDER BY u::text), '{nobody}')
              FROM schedule_history h, jsonb_path_query(h.details, '$.notified[*]') AS u
             WHERE h.schedule_id = s.id AND h.kind = 'failed'))
UNION
SELECT 'schedule', s.id FROM messages m JOIN schedules s ON s.id = m.schedule_id WHERE s.status = 'failed'

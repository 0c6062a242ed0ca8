SELECT 'message' AS subject, o.message_id AS id
  FROM outbox o CROSS JOIN retention r
 WHERE o.state IN ('failed', 'uncertain')
   AND o.ended_at > coalesce(r.notifications_gone_before, '-infinity') + interval '1 minute'
   AND NOT EXISTS (SELECT FROM notifications n WHERE n.message_id = o.message_id AND n.episode = o.episode)
UNION
-- Nobody is notified of the same failure twice, or of one that never happened.
SELECT 'message', n.message_id
  FROM notifications n
 WHERE n.kind = 'message_failed'
 GROUP BY n.message_id, n.user_id, n.episode HAVING count(*) > 1
UNION
SELECT 'message', n.message_id
  FROM notifications n
 WHERE n.kind = 'message_failed'
   AND NOT EXISTS (SELECT FROM outbox o WHERE o.message_id = n.message_id AND o.episode >= n.episode)

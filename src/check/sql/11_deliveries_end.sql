-- A message counts as sent exactly if the service took it in an attempt since it was queued, or reported it.
SELECT 'message' AS subject, o.message_id AS id
  FROM outbox o
       CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM outbox_attempts a
                                           WHERE a.message_id = o.message_id AND a.outcome = 'accepted') AS accepted,
                                  EXISTS (SELECT FROM outbox_attempts a
                                           WHERE a.message_id = o.message_id AND a.outcome = 'accepted'
                                             AND a.ended_at > o.queued_at) AS accepted_now) tried
 WHERE CASE WHEN o.state IN ('sent', 'delivered', 'read')
            THEN NOT tried.accepted AND o.delivered_at IS NULL AND o.read_at IS NULL
            WHEN o.state = 'queued' OR (o.state IN ('failed', 'uncertain') AND o.reason <> 'bounced')
            THEN tried.accepted_now
            ELSE false END
    OR (o.state = 'queued') <> (o.ended_at IS NULL)
UNION
-- What a schedule sent by a channel that hands over stands in the outbox.
SELECT 'message', m.id
  FROM messages m
  JOIN schedules s ON s.id = m.schedule_id
  JOIN channels ch ON ch.id = s.channel_id
 WHERE m.kind = 'attendant' AND ch.kind <> 'web_chat'
   AND NOT EXISTS (SELECT FROM outbox o WHERE o.message_id = m.id)

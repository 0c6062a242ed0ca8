-- A lease lasts 150 seconds, and the workers look every five.
SELECT 'message' AS subject, message_id AS id FROM outbox
 WHERE leased_until < clock_timestamp() - interval '1 minute'
UNION
SELECT 'message', message_id FROM outbox WHERE attempts > 12
UNION
-- An attempt without a result belongs to the lease.
SELECT 'message', a.message_id
  FROM outbox_attempts a JOIN outbox o ON o.message_id = a.message_id
 WHERE a.ended_at IS NULL AND o.lease IS DISTINCT FROM a.lease

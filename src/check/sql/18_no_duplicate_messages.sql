SELECT 'message' AS subject, max(id) AS id
  FROM messages WHERE client_key IS NOT NULL
 GROUP BY contact_id, client_key HAVING count(*) > 1
UNION
SELECT 'message', max(id)
  FROM messages WHERE provider_id IS NOT NULL
 GROUP BY channel_id, provider_id HAVING count(*) > 1

SELECT 'message' AS subject, max(id) AS id
  FROM messages WHERE client_key IS NOT NULL
 GROUP BY contact_id, client_key HAVING count(*) > 1

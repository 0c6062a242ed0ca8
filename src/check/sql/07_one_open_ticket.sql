SELECT 'contact' AS subject, contact_id AS id
  FROM tickets WHERE status = 'open' OR closed_at IS NULL
 GROUP BY contact_id HAVING count(*) > 1

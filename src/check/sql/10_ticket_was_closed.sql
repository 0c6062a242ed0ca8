SELECT 'ticket' AS subject, t.id
  FROM tickets t
 WHERE t.schedule_id IS NOT NULL
   AND EXISTS (SELECT FROM tickets other
                WHERE other.contact_id = t.contact_id
                  AND (other.opened_at, other.id) < (t.opened_at, t.id)
                  AND coalesce(other.closed_at, 'infinity') > t.opened_at)

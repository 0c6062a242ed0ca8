-- A ticket counts as open until its last message, even if its stored end is earlier. Of merged contacts, each may have had
-- an open ticket: the tickets of the contact count for which they were opened. They always stay together.
SELECT 'ticket' AS subject, t.id
  FROM tickets t
 WHERE t.schedule_id IS NOT NULL
   AND EXISTS (SELECT FROM tickets other
                WHERE other.contact_id = t.contact_id
                  AND coalesce(other.opened_contact_id, other.contact_id) = coalesce(t.opened_contact_id, t.contact_id)
                  AND (other.opened_at, other.id) < (t.opened_at, t.id)
                  AND greatest(coalesce(other.closed_at, 'infinity'),
                               (SELECT m.created_at FROM messages m
                                 WHERE m.ticket_id = other.id ORDER BY m.id DESC LIMIT 1)) > t.opened_at)

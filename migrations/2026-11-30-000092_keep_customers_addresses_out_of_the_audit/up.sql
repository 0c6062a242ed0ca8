-- The audit cannot be changed, so that it must hold nothing of a customer: the address from which one wrote stands
-- with the ticket, where "Anonimizar contato" clears it.
ALTER TABLE tickets ADD COLUMN opened_from text NOT NULL DEFAULT '';

UPDATE tickets t SET opened_from = a.ip
  FROM audit a
 WHERE a.action = 'ticket.opened' AND a.subject_id = t.id AND a.actor_id IS NULL AND a.ip <> ''
   AND NOT EXISTS (SELECT FROM contacts c WHERE c.id = t.contact_id AND c.anonymised_at IS NOT NULL);

ALTER TABLE audit DISABLE TRIGGER audit_is_append_only;
UPDATE audit SET ip = '' WHERE action = 'ticket.opened' AND actor_id IS NULL AND ip <> '';
ALTER TABLE audit ENABLE TRIGGER audit_is_append_only;

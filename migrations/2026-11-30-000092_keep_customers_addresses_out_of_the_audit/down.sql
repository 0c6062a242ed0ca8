ALTER TABLE audit DISABLE TRIGGER audit_is_append_only;
UPDATE audit a SET ip = t.opened_from FROM tickets t
 WHERE a.action = 'ticket.opened' AND a.subject_id = t.id AND a.actor_id IS NULL AND t.opened_from <> '';
ALTER TABLE audit ENABLE TRIGGER audit_is_append_only;

ALTER TABLE tickets DROP COLUMN opened_from;

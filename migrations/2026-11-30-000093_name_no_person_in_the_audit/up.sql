-- A contact that was anonymised could still be found by the person to whom the audit tied it, whose name stays when
-- others are hers. How many contacts came and went is enough.
ALTER TABLE audit DISABLE TRIGGER audit_is_append_only;
UPDATE audit SET details = details - 'person_id' WHERE action = 'contact.edited' AND details ? 'person_id';
UPDATE audit
   SET details = details || jsonb_build_object(
           'added', jsonb_array_length(coalesce(nullif(details -> 'added', 'null'), '[]')),
           'removed', jsonb_array_length(coalesce(nullif(details -> 'removed', 'null'), '[]')))
 WHERE action IN ('person.created', 'person.edited', 'person.archived')
   AND (jsonb_typeof(details -> 'added') = 'array' OR jsonb_typeof(details -> 'removed') = 'array');
ALTER TABLE audit ENABLE TRIGGER audit_is_append_only;

-- Nor by the history of its schedules.
UPDATE schedule_history h SET details = h.details #- '{values,person_id}'
  FROM schedules s JOIN contacts c ON c.id = s.contact_id
 WHERE h.schedule_id = s.id AND c.anonymised_at IS NOT NULL AND h.details -> 'values' ? 'person_id';

DROP TRIGGER schedules_refuse_anonymised ON schedules;
DROP FUNCTION refuse_anonymised_contact;
ALTER TABLE people DROP COLUMN anonymised_at;
ALTER TABLE contacts DROP CONSTRAINT contacts_anonymised_holds_nothing;

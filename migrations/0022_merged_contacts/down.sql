ALTER TABLE messages ALTER CONSTRAINT messages_schedule_of_contact NOT DEFERRABLE;
ALTER TABLE messages ALTER CONSTRAINT messages_ticket_of_contact NOT DEFERRABLE;
ALTER TABLE tickets ALTER CONSTRAINT tickets_schedule_of_contact NOT DEFERRABLE;
ALTER TABLE tickets DROP COLUMN opened_contact_id;
DROP FUNCTION kept_contact;
DROP FUNCTION with_merged;
DROP TABLE contact_merges;
ALTER TABLE contacts DROP COLUMN merged_into;

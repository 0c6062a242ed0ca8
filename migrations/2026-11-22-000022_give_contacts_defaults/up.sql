-- Whom the form of a schedule proposes for the contact. A contact that was anonymised keeps its id alone.
ALTER TABLE contacts
    ADD COLUMN default_department_id bigint REFERENCES departments,
    ADD COLUMN default_attendant_id bigint REFERENCES users,
    ADD COLUMN anonymised_at timestamptz,
    ADD CONSTRAINT contacts_attendant_has_department
        CHECK (default_attendant_id IS NULL OR default_department_id IS NOT NULL),
    ADD CONSTRAINT contacts_anonymised_is_archived CHECK (anonymised_at IS NULL OR archived_at IS NOT NULL);

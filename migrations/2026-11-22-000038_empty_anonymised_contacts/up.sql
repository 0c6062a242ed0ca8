ALTER TABLE contacts ADD CONSTRAINT contacts_anonymised_holds_nothing
    CHECK (anonymised_at IS NULL OR (phone = '' AND email = '' AND person_id IS NULL
                                     AND default_department_id IS NULL));

-- A person of whom only anonymised contacts are left.
ALTER TABLE people
    ADD COLUMN anonymised_at timestamptz,
    ADD CONSTRAINT people_anonymised_is_archived CHECK (anonymised_at IS NULL OR archived_at IS NOT NULL);

-- A schedule that was on its way while its contact was anonymised would bring back what was cleared. The
-- lock waits for the anonymising to end. Whoever tries again finds the contact archived.
CREATE FUNCTION refuse_anonymised_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM contacts WHERE id = NEW.contact_id AND anonymised_at IS NULL FOR KEY SHARE;
    IF NOT FOUND AND EXISTS (SELECT FROM contacts WHERE id = NEW.contact_id) THEN
        RAISE EXCEPTION 'contact % is anonymised', NEW.contact_id USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER schedules_refuse_anonymised BEFORE INSERT OR UPDATE OF contact_id ON schedules
    FOR EACH ROW EXECUTE FUNCTION refuse_anonymised_contact();

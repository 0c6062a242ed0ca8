-- A contact with its person, as a search compares them: the words of a full name, and of the person's, are looked
-- up together, which finds few even where each word is common. In a table of its own, as the texts of schedules.
CREATE TABLE contact_texts (
    contact_id bigint PRIMARY KEY REFERENCES contacts ON DELETE CASCADE,
    search text NOT NULL
);
INSERT INTO contact_texts
SELECT c.id, concat_ws(' ', c.search, p.search) FROM contacts c LEFT JOIN people p ON p.id = c.person_id;
CREATE INDEX contact_texts_search ON contact_texts USING gin (search gin_trgm_ops);

CREATE FUNCTION add_contact_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contact_texts
    SELECT a.id, concat_ws(' ', a.search, p.search) FROM added a LEFT JOIN people p ON p.id = a.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER contacts_add_texts AFTER INSERT ON contacts
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION add_contact_texts();

CREATE FUNCTION change_contact_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE contact_texts
       SET search = concat_ws(' ', NEW.search, (SELECT search FROM people WHERE id = NEW.person_id))
     WHERE contact_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER contacts_change_texts AFTER UPDATE ON contacts
    FOR EACH ROW WHEN ((NEW.search, NEW.person_id) IS DISTINCT FROM (OLD.search, OLD.person_id))
    EXECUTE FUNCTION change_contact_texts();

-- Whoever changes one of the person's contacts is waited for, and seen by the second statement.
CREATE FUNCTION change_texts_of_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM contacts WHERE person_id = NEW.id ORDER BY id FOR NO KEY UPDATE;
    UPDATE contact_texts t SET search = concat_ws(' ', c.search, NEW.search)
      FROM contacts c WHERE c.person_id = NEW.id AND t.contact_id = c.id;
    RETURN NULL;
END $$;
CREATE TRIGGER people_change_texts AFTER UPDATE ON people
    FOR EACH ROW WHEN (NEW.search IS DISTINCT FROM OLD.search)
    EXECUTE FUNCTION change_texts_of_person();

ANALYZE contact_texts;

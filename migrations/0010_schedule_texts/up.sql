-- What a search compares of each schedule: the names of its contact, of the contact's person and of its own person,
-- its comment and its message. They stand in one text, so that one index finds all words of a search, whichever of
-- them holds each word.
--
-- The table is apart from schedules, because a change of a schedule's status writes the row again into each index of
-- schedules. With the trigrams of a long message among them, a burst of due schedules would take many times as long.
CREATE TABLE schedule_texts (
    schedule_id bigint PRIMARY KEY REFERENCES schedules ON DELETE CASCADE,
    search text NOT NULL
);
CREATE INDEX schedule_texts_search ON schedule_texts USING gin (search gin_trgm_ops);

CREATE FUNCTION texts_of_schedules(ids bigint[]) RETURNS TABLE (schedule_id bigint, search text)
LANGUAGE sql STABLE AS $$
    SELECT s.id, concat_ws(' ', c.search, cp.search, sp.search, searchable(s.comment || ' ' || s.message))
      FROM schedules s
      JOIN contacts c ON c.id = s.contact_id
      LEFT JOIN people cp ON cp.id = c.person_id
      LEFT JOIN people sp ON sp.id = s.person_id AND sp.id IS DISTINCT FROM c.person_id
     WHERE s.id = ANY (ids)
$$;

CREATE FUNCTION renew_schedule_texts(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE schedule_texts x SET search = t.search
      FROM texts_of_schedules(ids) t WHERE x.schedule_id = t.schedule_id AND x.search <> t.search
$$;

CREATE FUNCTION add_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_texts SELECT * FROM texts_of_schedules(ARRAY(SELECT id FROM added));
    RETURN NULL;
END $$;

CREATE TRIGGER schedules_add_texts AFTER INSERT ON schedules
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION add_schedule_texts();

CREATE FUNCTION change_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM renew_schedule_texts(ARRAY[NEW.id]);
    RETURN NULL;
END $$;

CREATE TRIGGER schedules_change_texts AFTER UPDATE OF comment, message, contact_id, person_id ON schedules
    FOR EACH ROW WHEN ((NEW.comment, NEW.message, NEW.contact_id, NEW.person_id)
                       IS DISTINCT FROM (OLD.comment, OLD.message, OLD.contact_id, OLD.person_id))
    EXECUTE FUNCTION change_schedule_texts();

-- A new name of a contact or a person is written to its schedules at once.
CREATE FUNCTION change_texts_of_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM renew_schedule_texts(ARRAY(SELECT id FROM schedules WHERE contact_id = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER contacts_change_texts AFTER UPDATE ON contacts
    FOR EACH ROW WHEN ((NEW.search, NEW.person_id) IS DISTINCT FROM (OLD.search, OLD.person_id))
    EXECUTE FUNCTION change_texts_of_contact();

-- The lock waits for transactions that change the person's contacts or save a schedule for them, so that the next
-- statement sees what they wrote.
CREATE FUNCTION change_texts_of_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM contacts WHERE person_id = NEW.id ORDER BY id FOR NO KEY UPDATE;
    PERFORM renew_schedule_texts(ARRAY(
        SELECT s.id FROM contacts c JOIN schedules s ON s.contact_id = c.id WHERE c.person_id = NEW.id
        UNION SELECT id FROM schedules WHERE person_id = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER people_change_texts AFTER UPDATE ON people
    FOR EACH ROW WHEN (NEW.search IS DISTINCT FROM OLD.search)
    EXECUTE FUNCTION change_texts_of_person();

-- What a search looks into, of each schedule: its contact, the contact's person, its own person, comment and message.
-- In one text, so that one index compares all words of a search, wherever each of them is. A new name of a contact or
-- person is written to its schedules at once.
CREATE FUNCTION texts_of_schedules(ids bigint[]) RETURNS TABLE (schedule_id bigint, search text)
LANGUAGE sql STABLE AS $$
    SELECT s.id, concat_ws(' ', c.search, cp.search, sp.search, searchable(s.comment || ' ' || s.message))
      FROM schedules s
      JOIN contacts c ON c.id = s.contact_id
      LEFT JOIN people cp ON cp.id = c.person_id
      LEFT JOIN people sp ON sp.id = s.person_id AND sp.id IS DISTINCT FROM c.person_id
     WHERE s.id = ANY (ids)
$$;

CREATE OR REPLACE FUNCTION add_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_texts SELECT * FROM texts_of_schedules(ARRAY(SELECT id FROM added));
    RETURN NULL;
END $$;

CREATE FUNCTION renew_schedule_texts(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE schedule_texts x SET search = t.search
      FROM texts_of_schedules(ids) t WHERE x.schedule_id = t.schedule_id AND x.search <> t.search
$$;

CREATE OR REPLACE FUNCTION change_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM renew_schedule_texts(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
DROP TRIGGER schedules_change_texts ON schedules;
CREATE TRIGGER schedules_change_texts AFTER UPDATE OF comment, message, contact_id, person_id ON schedules
    FOR EACH ROW WHEN ((NEW.comment, NEW.message, NEW.contact_id, NEW.person_id)
                       IS DISTINCT FROM (OLD.comment, OLD.message, OLD.contact_id, OLD.person_id))
    EXECUTE FUNCTION change_schedule_texts();

CREATE FUNCTION change_texts_of_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM renew_schedule_texts(ARRAY(SELECT id FROM schedules WHERE contact_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER contacts_change_texts AFTER UPDATE ON contacts
    FOR EACH ROW WHEN ((NEW.search, NEW.person_id) IS DISTINCT FROM (OLD.search, OLD.person_id))
    EXECUTE FUNCTION change_texts_of_contact();

-- Waits for transactions that change the person's contacts or save a schedule for them, and sees what they wrote.
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

UPDATE schedule_texts x SET search = t.search
  FROM texts_of_schedules(ARRAY(SELECT id FROM schedules)) t WHERE x.schedule_id = t.schedule_id;
ANALYZE schedule_texts;

DROP TRIGGER people_change_texts ON people;
DROP FUNCTION change_texts_of_person();
DROP TRIGGER contacts_change_texts ON contacts;
DROP FUNCTION change_texts_of_contact();
DROP TRIGGER schedules_change_texts ON schedules;
CREATE TRIGGER schedules_change_texts AFTER UPDATE OF comment, message ON schedules
    FOR EACH ROW WHEN ((NEW.comment, NEW.message) IS DISTINCT FROM (OLD.comment, OLD.message))
    EXECUTE FUNCTION change_schedule_texts();
CREATE OR REPLACE FUNCTION change_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedule_texts SET search = searchable(NEW.comment || ' ' || NEW.message) WHERE schedule_id = NEW.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION add_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_texts SELECT id, searchable(comment || ' ' || message) FROM added;
    RETURN NULL;
END $$;
DROP FUNCTION renew_schedule_texts(bigint[]);
DROP FUNCTION texts_of_schedules(bigint[]);
UPDATE schedule_texts x SET search = searchable(s.comment || ' ' || s.message)
  FROM schedules s WHERE s.id = x.schedule_id;

-- The texts of a schedule as a search compares them. In a table of their own, because a change of
-- situation writes a new version of the schedule's row into each of its indexes: with the trigrams of a
-- long message among them, a burst of due schedules would take many times as long.
CREATE TABLE schedule_texts (
    schedule_id bigint PRIMARY KEY REFERENCES schedules ON DELETE CASCADE,
    search text NOT NULL
);
INSERT INTO schedule_texts SELECT id, plain(comment || ' ' || message) FROM schedules;
CREATE INDEX schedule_texts_search ON schedule_texts USING gin (search gin_trgm_ops);

CREATE FUNCTION add_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_texts SELECT id, plain(comment || ' ' || message) FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER schedules_add_texts AFTER INSERT ON schedules
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION add_schedule_texts();

CREATE FUNCTION change_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedule_texts SET search = plain(NEW.comment || ' ' || NEW.message) WHERE schedule_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER schedules_change_texts AFTER UPDATE OF comment, message ON schedules
    FOR EACH ROW WHEN ((NEW.comment, NEW.message) IS DISTINCT FROM (OLD.comment, OLD.message))
    EXECUTE FUNCTION change_schedule_texts();

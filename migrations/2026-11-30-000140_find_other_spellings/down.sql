UPDATE schedule_texts t SET search = plain(s.comment || ' ' || s.message)
  FROM schedules s WHERE s.id = t.schedule_id;
CREATE OR REPLACE FUNCTION change_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedule_texts SET search = plain(NEW.comment || ' ' || NEW.message) WHERE schedule_id = NEW.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION add_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_texts SELECT id, plain(comment || ' ' || message) FROM added;
    RETURN NULL;
END $$;

ALTER TABLE users DROP COLUMN search;
ALTER TABLE users ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (plain(name || ' ' || email)) STORED;
CREATE INDEX users_search ON users USING gin (search gin_trgm_ops);

ALTER TABLE people DROP COLUMN search;
CREATE INDEX people_search ON people USING gin (sort_name gin_trgm_ops);

ALTER TABLE contacts DROP COLUMN search;
ALTER TABLE contacts ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (
    plain(name || ' ' || phone || ' ' || email || ' '
          || CASE WHEN address ~ '^[0-9a-f]{8}-[0-9a-f]{4}-' THEN '' ELSE address END)) STORED;
CREATE INDEX contacts_search ON contacts USING gin (search gin_trgm_ops);

DROP FUNCTION searchable(text);

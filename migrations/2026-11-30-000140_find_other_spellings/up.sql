-- A text as a search compares it: besides accents and case, quotes and invisible marks count for nothing,
-- nor does what separates digits ("45-678", "10.500", "05/12/2026", "(11) 90000-0142"), and a dash between
-- words is a space.
CREATE FUNCTION searchable(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(
        regexp_replace(
            -- NFKD would make a space of some of these.
            plain(regexp_replace(
                value,
                '[''"`´‘’‚‛“”„‟‹›«»′″\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]', '', 'g')),
            '([0-9])[ .,:;/()+‐-―−-]+(?=[0-9])', '\1', 'g'),
        '[‐-―−-]+', ' ', 'g');

-- The address of a web chat is a random id, which nobody searches for.
ALTER TABLE contacts DROP COLUMN search;
ALTER TABLE contacts ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (
    searchable(name || ' ' || phone || ' ' || email || ' '
               || CASE WHEN address ~ '^[0-9a-f]{8}-[0-9a-f]{4}-' THEN '' ELSE address END)) STORED;
CREATE INDEX contacts_search ON contacts USING gin (search gin_trgm_ops);

DROP INDEX people_search;
ALTER TABLE people ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (searchable(name)) STORED;
CREATE INDEX people_search ON people USING gin (search gin_trgm_ops);

ALTER TABLE users DROP COLUMN search;
ALTER TABLE users ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (searchable(name || ' ' || email)) STORED;
CREATE INDEX users_search ON users USING gin (search gin_trgm_ops);

CREATE OR REPLACE FUNCTION add_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_texts SELECT id, searchable(comment || ' ' || message) FROM added;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION change_schedule_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedule_texts SET search = searchable(NEW.comment || ' ' || NEW.message) WHERE schedule_id = NEW.id;
    RETURN NULL;
END $$;
UPDATE schedule_texts t SET search = searchable(s.comment || ' ' || s.message)
  FROM schedules s WHERE s.id = t.schedule_id;

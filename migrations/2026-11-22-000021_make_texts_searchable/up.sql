CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A text as a search compares it: without case and accents, the same under every collation.
CREATE FUNCTION plain(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g'));

-- The address of a web chat is a random id, which nobody searches for.
ALTER TABLE contacts
    ADD COLUMN sort_name text COLLATE "C" NOT NULL GENERATED ALWAYS AS (plain(name)) STORED,
    ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (
        plain(name || ' ' || phone || ' ' || email || ' '
              || CASE WHEN address ~ '^[0-9a-f]{8}-[0-9a-f]{4}-' THEN '' ELSE address END)) STORED;
CREATE INDEX contacts_search ON contacts USING gin (search gin_trgm_ops);
CREATE INDEX contacts_by_name ON contacts (sort_name, id) WHERE archived_at IS NULL;
DROP INDEX contacts_name;

ALTER TABLE people
    ADD COLUMN sort_name text COLLATE "C" NOT NULL GENERATED ALWAYS AS (plain(name)) STORED;
CREATE INDEX people_search ON people USING gin (sort_name gin_trgm_ops);
CREATE INDEX people_by_name ON people (sort_name, id) WHERE archived_at IS NULL;

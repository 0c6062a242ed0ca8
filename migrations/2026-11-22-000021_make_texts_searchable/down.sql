ALTER TABLE people DROP COLUMN sort_name;
ALTER TABLE contacts DROP COLUMN sort_name, DROP COLUMN search;
CREATE INDEX contacts_name ON contacts (lower(name), id);
DROP FUNCTION plain(text);
DROP EXTENSION pg_trgm;

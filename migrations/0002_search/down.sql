DROP FUNCTION searchable(text);
DROP FUNCTION plain(text);
DROP EXTENSION pg_trgm;

ALTER TABLE users DROP COLUMN search, DROP COLUMN sort_name;

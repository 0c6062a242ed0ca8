DROP INDEX users_let_in_by;
ALTER TABLE users DROP COLUMN let_in_by;
ALTER TABLE access_links DROP COLUMN made_by;

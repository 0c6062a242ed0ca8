ALTER TABLE users
    ADD COLUMN sort_name text COLLATE "C" NOT NULL GENERATED ALWAYS AS (plain(name)) STORED,
    ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (plain(name || ' ' || email)) STORED;
CREATE INDEX users_by_name ON users (sort_name, id);
CREATE INDEX users_search ON users USING gin (search gin_trgm_ops);

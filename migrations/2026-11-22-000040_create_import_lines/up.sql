-- The lines of a file that wait for their import, and those that cannot be taken, with the reason. A line
-- that was taken is gone from here: customers' texts are not kept twice.
CREATE TABLE import_lines (
    import_id bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    line integer NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    person text NOT NULL,
    problem text CHECK (problem <> ''),
    -- an earlier line with the same number or e-mail address: this one must see what came of it
    repeats integer,
    PRIMARY KEY (import_id, line)
);
CREATE INDEX import_lines_waiting ON import_lines (import_id, (repeats IS NOT NULL), line) WHERE problem IS NULL;
CREATE INDEX import_lines_refused ON import_lines (import_id, line) WHERE problem IS NOT NULL;

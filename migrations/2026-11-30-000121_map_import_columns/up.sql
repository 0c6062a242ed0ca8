-- Between the upload and the preview somebody says what becomes of each column. Until the import is confirmed
-- the file is kept as it came, so that the columns can be chosen again; nothing of it is kept afterwards.
ALTER TABLE imports
    DROP CONSTRAINT imports_status_check,
    ADD CONSTRAINT imports_status_check
        CHECK (status IN ('mapping', 'preview', 'running', 'finished', 'cancelled')),
    ALTER COLUMN status SET DEFAULT 'mapping',
    -- how the file is read and what becomes of its columns; holds titles of columns, no contacts
    ADD COLUMN choices jsonb NOT NULL DEFAULT '{}',
    -- lines with numbers or addresses that find no place in a contact
    ADD COLUMN remarked integer NOT NULL DEFAULT 0;

CREATE TABLE import_files (
    import_id bigint PRIMARY KEY REFERENCES imports ON DELETE CASCADE,
    content bytea NOT NULL
);

ALTER TABLE import_lines
    ADD COLUMN department text NOT NULL DEFAULT '',
    ADD COLUMN attendant text NOT NULL DEFAULT '',
    -- whom these names meant at the upload; looked at again when the line is taken
    ADD COLUMN department_id bigint,
    ADD COLUMN attendant_id bigint,
    -- by which a list that was exported here names the contact
    ADD COLUMN code text NOT NULL DEFAULT '',
    ADD COLUMN remark text NOT NULL DEFAULT '',
    -- the person's name as it is compared
    ADD COLUMN person_key text COLLATE "C" NOT NULL DEFAULT '',
    -- whether it is of a contact that exists
    ADD COLUMN is_known boolean NOT NULL DEFAULT false;
CREATE INDEX import_lines_remarked ON import_lines (import_id, line) WHERE remark <> '';

DROP INDEX import_lines_remarked;
ALTER TABLE import_lines
    DROP COLUMN department,
    DROP COLUMN attendant,
    DROP COLUMN department_id,
    DROP COLUMN attendant_id,
    DROP COLUMN code,
    DROP COLUMN remark,
    DROP COLUMN person_key,
    DROP COLUMN is_known;
DROP TABLE import_files;
DELETE FROM imports WHERE status = 'mapping';
ALTER TABLE imports
    DROP COLUMN choices,
    DROP COLUMN remarked,
    ALTER COLUMN status SET DEFAULT 'preview',
    DROP CONSTRAINT imports_status_check,
    ADD CONSTRAINT imports_status_check CHECK (status IN ('preview', 'running', 'finished', 'cancelled'));

-- The version tells a stale edit. The logo is a blob, of which several records may be owners.
ALTER TABLE settings
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN logo_sha256 bytea REFERENCES blobs;

-- Those that a change of the spacing left nearer to another than it allows.
CREATE INDEX schedules_exempt ON schedules (due_at, id) WHERE status = 'scheduled' AND spacing_exempt;

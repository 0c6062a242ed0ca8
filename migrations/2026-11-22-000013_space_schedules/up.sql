-- min_gap is the smallest allowed distance; schedules of one key all carry the same.
-- The key stands for what the spacing is counted in: 0 for the platform, else the id of
-- the department, attendant or contact (negative: the queue of that department).
ALTER TABLE schedules
    ADD COLUMN spacing_key bigint NOT NULL DEFAULT 0,
    ADD COLUMN min_gap interval NOT NULL DEFAULT '0' CHECK (min_gap >= '0' AND min_gap <= '1 day'),
    ADD COLUMN spacing_exempt boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT schedules_spaced EXCLUDE USING gist (
        spacing_key WITH =,
        tsrange(due_at AT TIME ZONE 'UTC', (due_at AT TIME ZONE 'UTC') + min_gap, '[)') WITH &&
    ) WHERE (status = 'scheduled' AND NOT spacing_exempt AND min_gap > '0');
CREATE INDEX schedules_pending_by_key ON schedules (spacing_key, due_at)
    WHERE status = 'scheduled';

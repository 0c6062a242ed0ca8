DROP INDEX schedules_pending_by_key;
ALTER TABLE schedules
    DROP CONSTRAINT schedules_spaced,
    DROP COLUMN spacing_exempt,
    DROP COLUMN min_gap,
    DROP COLUMN spacing_key;

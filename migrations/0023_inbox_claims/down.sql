DROP INDEX inbox_taken;
DROP INDEX inbox_waiting;
CREATE INDEX inbox_waiting ON inbox (channel_id, next_try_at, id) WHERE taken_at IS NULL AND problem IS NULL;
ALTER TABLE inbox DROP COLUMN claimed_until;

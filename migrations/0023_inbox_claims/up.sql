-- A process that reads a row of the inbox claims it for a short time, so that no other one reads the channel's later rows
-- before it.
ALTER TABLE inbox ADD COLUMN claimed_until timestamptz;

-- The rows of a channel are read in the order in which they came.
DROP INDEX inbox_waiting;
CREATE INDEX inbox_waiting ON inbox (channel_id, id) WHERE taken_at IS NULL AND problem IS NULL;

-- Rows that were taken long ago are removed.
CREATE INDEX inbox_taken ON inbox (taken_at) WHERE taken_at IS NOT NULL;

ALTER TABLE channel_states DROP COLUMN watched_by, DROP COLUMN watched_until;

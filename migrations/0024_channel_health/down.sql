DROP INDEX inbox_problems;
DROP INDEX outbox_failed;
ALTER TABLE channel_states DROP COLUMN failing_since;

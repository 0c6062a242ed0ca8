ALTER TABLE channel_states DROP COLUMN receiving_failing_since, DROP COLUMN receiving_error;

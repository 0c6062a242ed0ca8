ALTER TABLE channel_states DROP COLUMN renewed_token;

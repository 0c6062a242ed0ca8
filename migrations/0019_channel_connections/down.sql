DROP TRIGGER channels_add_state ON channels;
DROP FUNCTION add_channel_state;
DROP TABLE channel_states;
ALTER TABLE channels DROP COLUMN settings, DROP COLUMN secrets;

-- What the page of a channel shows: since when it fails, and how many messages wait for a person.
ALTER TABLE channel_states ADD COLUMN failing_since timestamptz;
CREATE INDEX outbox_failed ON outbox (channel_id, ended_at) WHERE state = 'failed';
CREATE INDEX inbox_problems ON inbox (channel_id, id) WHERE problem IS NOT NULL;

-- One process at a time fetches the mail of a channel: the one whose id stands here, until the time beside it, which it
-- moves on while it lives.
ALTER TABLE channel_states
    ADD COLUMN watched_by uuid,
    ADD COLUMN watched_until timestamptz,
    ADD CONSTRAINT channel_states_watch_is_whole CHECK ((watched_by IS NULL) = (watched_until IS NULL));

-- What a channel needs to reach its service. Settings are shown in its form; secrets are encrypted with a key made from
-- the installation's secret key, and never shown again.
ALTER TABLE channels
    ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN secrets bytea;

-- How a channel is doing. A row apart, so that writing it does not wait for transactions that read the channel.
CREATE TABLE channel_states (
    channel_id bigint PRIMARY KEY REFERENCES channels,
    -- Nothing is sent before this time: several attempts in a row failed for the channel's own sake.
    broken_until timestamptz,
    failures_in_a_row integer NOT NULL DEFAULT 0 CHECK (failures_in_a_row >= 0),
    -- Sending waits until a person resumes it.
    paused_at timestamptz,
    paused_by bigint REFERENCES users,
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_error text NOT NULL DEFAULT '' CHECK (length(last_error) <= 500),
    -- When mail was last fetched, or an event last came in.
    last_received_at timestamptz,
    -- Where fetching goes on, such as {"uid_validity": 1, "uid": 42}.
    receiving jsonb NOT NULL DEFAULT '{}'
);

INSERT INTO channel_states (channel_id) SELECT id FROM channels;

CREATE FUNCTION add_channel_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO channel_states (channel_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER channels_add_state AFTER INSERT ON channels
    FOR EACH ROW EXECUTE FUNCTION add_channel_state();

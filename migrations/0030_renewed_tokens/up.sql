-- The refresh token that the provider gave in exchange for the one that was typed; encrypted like channels.secrets. Apart
-- from those, so that an exchange changes nothing in the form of the channel.
ALTER TABLE channel_states ADD COLUMN renewed_token bytea;

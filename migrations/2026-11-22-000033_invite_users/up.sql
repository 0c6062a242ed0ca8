-- Who was invited has no password yet, and is not active until they choose one.
ALTER TABLE users
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD CONSTRAINT users_active_has_password CHECK (password_hash IS NOT NULL OR deactivated_at IS NOT NULL);

-- The one living link of a user that leads to a new password: an invitation while there is none yet,
-- else a reset. Keyed by the user, so that a new one voids the older; the token is kept as its SHA-256.
CREATE TABLE access_links (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT access_links_token_key UNIQUE CHECK (length(token_hash) = 32),
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- Whoever deactivates a user, and however: their link ends with it.
CREATE FUNCTION end_access_link_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM access_links WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER users_end_access_link AFTER UPDATE OF deactivated_at ON users
    FOR EACH ROW WHEN (OLD.deactivated_at IS NULL AND NEW.deactivated_at IS NOT NULL)
    EXECUTE FUNCTION end_access_link_of_user();

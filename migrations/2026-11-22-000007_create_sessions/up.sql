-- Keyed by the SHA-256 of the cookie's token: reading this table signs nobody in.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id bigint REFERENCES users ON DELETE CASCADE,
    state jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_seen_at ON sessions (seen_at);

-- Whoever deactivates a user, and however: the sessions end with it, and do not live again with the user.
CREATE FUNCTION end_sessions_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sessions WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER users_end_sessions AFTER UPDATE OF deactivated_at ON users
    FOR EACH ROW WHEN (OLD.deactivated_at IS NULL AND NEW.deactivated_at IS NOT NULL)
    EXECUTE FUNCTION end_sessions_of_user();

-- The event RightsChanged of live/event.rs, as it is written there: it ends the user's streams.
CREATE FUNCTION announce_changed_rights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('pontual_live', format('{"rights_changed":[%s]}', NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER users_announce_rights AFTER UPDATE OF role_id, deactivated_at ON users
    FOR EACH ROW WHEN (OLD.role_id <> NEW.role_id
                       OR (OLD.deactivated_at IS NULL AND NEW.deactivated_at IS NOT NULL))
    EXECUTE FUNCTION announce_changed_rights();

-- The cookie holds a random token, this table only its SHA-256: nobody can sign in with what they read here.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id bigint REFERENCES users ON DELETE CASCADE,
    state jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    -- Names a session in the user's list of sessions. It signs nobody in.
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_agent text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 300),
    ip text NOT NULL DEFAULT '',
    -- A session whose token was replaced lives on for some seconds, for the requests that its browser already sent.
    ends_at timestamptz
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_seen_at ON sessions (seen_at);
CREATE UNIQUE INDEX sessions_id_key ON sessions (id);

-- The sessions of a user end when the user is deactivated, by whatever statement, and do not come back with the user.
CREATE FUNCTION end_sessions_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sessions WHERE user_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER users_end_sessions AFTER UPDATE OF deactivated_at ON users
    FOR EACH ROW WHEN (OLD.deactivated_at IS NULL AND NEW.deactivated_at IS NOT NULL)
    EXECUTE FUNCTION end_sessions_of_user();

-- One row per throttled key: the hash of an e-mail address, or a client's network address.
CREATE TABLE sign_in_attempts (
    key text PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    window_started_at timestamptz NOT NULL DEFAULT now()
);

-- The link by which a user chooses a password: an invitation if they have none yet, otherwise a reset. The key is the
-- user, so that a new link replaces the older one.
CREATE TABLE access_links (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT access_links_token_key UNIQUE CHECK (length(token_hash) = 32),
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- Becomes users.let_in_by when the link is used.
    made_by bigint REFERENCES users
);

-- The link too ends when the user is deactivated.
CREATE FUNCTION end_access_link_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM access_links WHERE user_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER users_end_access_link AFTER UPDATE OF deactivated_at ON users
    FOR EACH ROW WHEN (OLD.deactivated_at IS NULL AND NEW.deactivated_at IS NOT NULL)
    EXECUTE FUNCTION end_access_link_of_user();

-- The one link by which an empty installation is set up.
CREATE TABLE setup_links (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The one link that sets an empty installation up; its token's SHA-256 alone is kept.
CREATE TABLE setup_links (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);

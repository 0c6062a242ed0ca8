-- One row per throttled key (the hash of an e-mail address, or a client's network address).
CREATE TABLE sign_in_attempts (
    key text PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    window_started_at timestamptz NOT NULL DEFAULT now()
);

-- How many bytes each account has uploaded within the hour that began then, whatever became of them.
CREATE TABLE upload_volumes (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    hour_began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How many bytes each customer has uploaded in the day that began at day_began_at, also if the files were refused.
CREATE TABLE customer_upload_volumes (
    contact_id bigint PRIMARY KEY REFERENCES contacts ON DELETE CASCADE,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    day_began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

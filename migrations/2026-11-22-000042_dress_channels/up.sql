-- What the customer's chat page shows: an empty public name stands for the department's.
ALTER TABLE channels
    ADD COLUMN public_name text NOT NULL DEFAULT '' CHECK (length(public_name) <= 60),
    ADD COLUMN colour text NOT NULL DEFAULT '#4453cf' CHECK (colour ~ '^#[0-9a-f]{6}$'),
    ADD COLUMN greeting text NOT NULL DEFAULT '' CHECK (length(greeting) <= 1000),
    ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE INDEX contacts_of_channel ON contacts (channel_id, id) WHERE archived_at IS NULL;

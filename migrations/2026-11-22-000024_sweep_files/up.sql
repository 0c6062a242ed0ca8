-- When somebody last said to need this content: the sweeper leaves it alone for an hour.
ALTER TABLE blobs ADD COLUMN claimed_at timestamptz NOT NULL DEFAULT clock_timestamp();
-- Uploads that no schedule took yet, for the sweeper.
CREATE INDEX attachments_loose ON attachments (created_at) WHERE schedule_id IS NULL AND message_id IS NULL;
-- How many somebody has.
CREATE INDEX attachments_loose_of_uploader ON attachments (uploaded_by) WHERE schedule_id IS NULL AND message_id IS NULL;

DROP INDEX attachments_loose_of_uploader;
DROP INDEX attachments_loose;
ALTER TABLE blobs DROP COLUMN claimed_at;

DROP INDEX attachments_loose;
ALTER TABLE blobs DROP COLUMN claimed_at;

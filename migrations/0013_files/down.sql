ALTER TABLE settings DROP COLUMN logo_sha256;
DROP TABLE upload_volumes;
DROP TABLE attachments;
DROP TABLE blobs;

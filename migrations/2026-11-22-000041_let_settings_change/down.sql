DROP INDEX schedules_exempt;
ALTER TABLE settings DROP COLUMN logo_sha256, DROP COLUMN version;

-- Which edit is stale is told by what the form showed (see web/stale.rs).
ALTER TABLE settings DROP COLUMN version;
ALTER TABLE channels DROP COLUMN version;

DROP INDEX contacts_of_channel;
ALTER TABLE channels DROP COLUMN version, DROP COLUMN greeting, DROP COLUMN colour, DROP COLUMN public_name;

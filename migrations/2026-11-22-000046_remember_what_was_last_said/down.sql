DROP TRIGGER messages_remember_last ON messages;
DROP FUNCTION remember_last_message;
DROP INDEX tickets_unseen;
DROP INDEX tickets_open_by_last;
ALTER TABLE tickets DROP COLUMN last_message_at, DROP COLUMN last_customer_message_id;

DROP TABLE messages;
DROP FUNCTION remember_last_message;

DROP TRIGGER messages_note_delivery ON messages;
DROP FUNCTION note_delivery_by_page;
DROP TRIGGER outbox_note_delivery ON outbox;
DROP FUNCTION note_delivery_by_service;
DROP TABLE schedule_deliveries;

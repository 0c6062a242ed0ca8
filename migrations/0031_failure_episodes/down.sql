DELETE FROM notifications n USING notifications later
 WHERE later.message_id = n.message_id AND later.user_id = n.user_id AND later.episode > n.episode;
DROP INDEX notifications_one_per_recipient;
CREATE UNIQUE INDEX notifications_one_per_recipient ON notifications (schedule_id, user_id, kind);
DROP INDEX notifications_one_per_message;
CREATE UNIQUE INDEX notifications_one_per_message ON notifications (message_id, user_id) WHERE message_id IS NOT NULL;
ALTER TABLE notifications DROP COLUMN episode;
ALTER TABLE outbox DROP COLUMN episode;

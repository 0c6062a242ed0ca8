DELETE FROM notifications WHERE kind = 'message_failed';
DROP INDEX notifications_errors;
CREATE INDEX notifications_errors ON notifications (user_id, id)
    WHERE kind = 'schedule_failed' AND removed_at IS NULL;
DROP INDEX notifications_one_per_message;
ALTER TABLE notifications
    DROP CONSTRAINT notifications_about_schedule_or_message,
    DROP CONSTRAINT notifications_kind_check,
    DROP COLUMN message_id,
    ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('schedule_completed', 'schedule_failed')),
    ALTER COLUMN schedule_id SET NOT NULL;
DROP INDEX messages_provider_id;
ALTER TABLE messages DROP COLUMN channel_id, DROP COLUMN provider_id, DROP COLUMN quoted;
ALTER TABLE schedules DROP COLUMN channel_id;
DROP TABLE inbox;
DROP TABLE outbox_attempts;
DROP TABLE outbox;

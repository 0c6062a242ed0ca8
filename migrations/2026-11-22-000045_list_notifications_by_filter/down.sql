DROP INDEX notifications_errors;
DROP INDEX notifications_unread;
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL AND removed_at IS NULL;

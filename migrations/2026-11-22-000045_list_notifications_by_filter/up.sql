-- The page's filters, the newest first; the old index had to sort all that somebody has not read.
DROP INDEX notifications_unread;
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL AND removed_at IS NULL;
CREATE INDEX notifications_errors ON notifications (user_id, id)
    WHERE kind = 'schedule_failed' AND removed_at IS NULL;

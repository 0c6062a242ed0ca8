-- Each time that a person tries a message again, another episode begins, and its failure notifies again.
ALTER TABLE outbox ADD COLUMN episode integer NOT NULL DEFAULT 1 CHECK (episode > 0);
ALTER TABLE notifications ADD COLUMN episode integer NOT NULL DEFAULT 1;

DROP INDEX notifications_one_per_recipient;
CREATE UNIQUE INDEX notifications_one_per_recipient ON notifications (schedule_id, user_id, kind, episode);
DROP INDEX notifications_one_per_message;
CREATE UNIQUE INDEX notifications_one_per_message ON notifications (message_id, user_id, episode)
    WHERE message_id IS NOT NULL;

-- What the list of conversations is ordered by, and whether a customer waits to be read, stand in the
-- ticket itself, so that an index serves both. What a schedule writes comes with the ticket's opening.
ALTER TABLE tickets
    ADD COLUMN last_message_at timestamptz,
    ADD COLUMN last_customer_message_id bigint NOT NULL DEFAULT 0;
UPDATE tickets t
   SET last_message_at = m.at, last_customer_message_id = coalesce(m.from_customer, 0)
  FROM (SELECT ticket_id, max(created_at) AS at, max(id) FILTER (WHERE kind = 'customer') AS from_customer
          FROM messages WHERE kind <> 'event' AND schedule_id IS NULL GROUP BY ticket_id) m
 WHERE m.ticket_id = t.id;
CREATE INDEX tickets_open_by_last ON tickets (coalesce(last_message_at, opened_at), id) WHERE status = 'open';
CREATE INDEX tickets_unseen ON tickets (department_id, attendant_id)
    WHERE status = 'open' AND last_customer_message_id > seen_message_id;

CREATE FUNCTION remember_last_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tickets
       SET last_message_at = greatest(last_message_at, NEW.created_at),
           last_customer_message_id = CASE NEW.kind WHEN 'customer' THEN greatest(last_customer_message_id, NEW.id)
                                                    ELSE last_customer_message_id END
     WHERE id = NEW.ticket_id;
    RETURN NULL;
END $$;
CREATE TRIGGER messages_remember_last AFTER INSERT ON messages
    FOR EACH ROW WHEN (NEW.kind <> 'event' AND NEW.schedule_id IS NULL) EXECUTE FUNCTION remember_last_message();

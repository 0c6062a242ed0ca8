-- What became of the message that a schedule sent: the list of schedules shows it and filters by it. It stands in one
-- table, because on the web chat it follows from the message, and on other channels from the outbox. The table is apart
-- from schedules, because each change would write the schedule's row again into all its indexes.
CREATE TABLE schedule_deliveries (
    -- No foreign key, which the dispatcher would pay for with each message: the message refers to the schedule already.
    schedule_id bigint PRIMARY KEY,
    state text NOT NULL
        CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'failed', 'uncertain', 'discarded')),
    -- The schedule's due time, which no longer changes once it has sent a message.
    due_at timestamptz NOT NULL
);

INSERT INTO schedule_deliveries (schedule_id, state, due_at)
SELECT s.id,
       coalesce(o.state, CASE WHEN m.read_at IS NOT NULL THEN 'read'
                              WHEN m.delivered_at IS NOT NULL THEN 'delivered' ELSE 'sent' END),
       s.due_at
  FROM messages m
  JOIN schedules s ON s.id = m.schedule_id
  LEFT JOIN outbox o ON o.message_id = m.id
 WHERE m.kind = 'attendant';

-- The list in both of its orders. A page and a count read one range of an index.
CREATE INDEX schedule_deliveries_by_due ON schedule_deliveries (state, due_at, schedule_id);
CREATE INDEX schedule_deliveries_by_creation ON schedule_deliveries (state, schedule_id);

-- The dispatcher writes the row with the message. From then on these triggers keep it, whoever changes the state. They
-- write it if it is missing, because a process of an older version may have written the message.
CREATE FUNCTION note_delivery_by_service() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_deliveries (schedule_id, state, due_at)
    SELECT s.id, NEW.state, s.due_at
      FROM messages m JOIN schedules s ON s.id = m.schedule_id
     WHERE m.id = NEW.message_id
    ON CONFLICT (schedule_id) DO UPDATE SET state = EXCLUDED.state;
    RETURN NULL;
END $$;

CREATE TRIGGER outbox_note_delivery AFTER UPDATE OF state ON outbox
    FOR EACH ROW WHEN (NEW.state <> OLD.state)
    EXECUTE FUNCTION note_delivery_by_service();

-- A customer may read on their chat page also what was sent by a service. Then the service's word counts.
CREATE FUNCTION note_delivery_by_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedule_deliveries (schedule_id, state, due_at)
    SELECT s.id, CASE WHEN NEW.read_at IS NOT NULL THEN 'read' ELSE 'delivered' END, s.due_at
      FROM schedules s
     WHERE s.id = NEW.schedule_id AND NOT EXISTS (SELECT FROM outbox WHERE message_id = NEW.id)
    ON CONFLICT (schedule_id) DO UPDATE SET state = EXCLUDED.state;
    RETURN NULL;
END $$;

CREATE TRIGGER messages_note_delivery AFTER UPDATE OF delivered_at, read_at ON messages
    FOR EACH ROW WHEN (NEW.kind = 'attendant' AND NEW.schedule_id IS NOT NULL AND NEW.delivered_at IS NOT NULL)
    EXECUTE FUNCTION note_delivery_by_page();

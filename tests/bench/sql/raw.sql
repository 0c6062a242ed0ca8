-- The reference of the burst: one statement claims a batch and writes exactly the rows that the product writes for
-- it. The size of the batch is written out, so that the planner knows it. It has no rule, no recipient other than
-- the attendant, and no NOTIFY.
PREPARE raw AS
WITH due AS MATERIALIZED (
    SELECT s.id, s.contact_id, s.department_id, s.attendant_id, s.action, s.due_at, s.message, s.comment,
           (extract(epoch FROM clock_timestamp() - s.due_at) * 1000)::bigint AS late_ms
      FROM schedules s
     WHERE s.status = 'scheduled' AND s.due_at <= now()
     ORDER BY s.due_at, s.id LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED
), opened AS (
    INSERT INTO tickets (contact_id, department_id, attendant_id, schedule_id)
    SELECT contact_id, department_id, attendant_id, id FROM due WHERE action <> 'notify' ORDER BY id
    ON CONFLICT (contact_id) WHERE status = 'open' DO NOTHING
    RETURNING id, schedule_id
), decided AS MATERIALIZED (
    SELECT due.*, opened.id AS ticket_id, present.id AS open_ticket_id,
           due.action <> 'notify' AND opened.id IS NULL AS fails
      FROM due LEFT JOIN opened ON opened.schedule_id = due.id
      LEFT JOIN tickets present ON present.contact_id = due.contact_id AND present.status = 'open'
), written AS (
    INSERT INTO messages (contact_id, ticket_id, kind, event, schedule_id, body)
    SELECT contact_id, ticket_id, part.kind, part.event, id, part.body
      FROM decided CROSS JOIN LATERAL (VALUES (1, 'event', 'ticket_opened', ''), (2, 'comment', NULL, comment),
           (3, 'attendant', NULL, message)) AS part (place, kind, event, body)
     WHERE ticket_id IS NOT NULL ORDER BY id, part.place
    RETURNING id, kind, schedule_id
), attached AS (
    INSERT INTO attachments (sha256, file_name, uploaded_by, message_id)
    SELECT a.sha256, a.file_name, a.uploaded_by, written.id
      FROM written JOIN attachments a ON a.schedule_id = written.schedule_id WHERE written.kind = 'attendant'
), notified AS (
    INSERT INTO notifications (user_id, kind, schedule_id, contact_id, ticket_id)
    SELECT attendant_id, CASE WHEN fails THEN 'schedule_failed' ELSE 'schedule_completed' END, id, contact_id,
           coalesce(ticket_id, CASE WHEN fails THEN open_ticket_id END)
      FROM decided WHERE fails OR action <> 'open_ticket' ORDER BY id
), recorded AS (
    INSERT INTO schedule_history (schedule_id, kind, details)
    SELECT id, CASE WHEN fails THEN 'failed' ELSE 'completed' END,
           jsonb_strip_nulls(jsonb_build_object('reason', CASE WHEN fails THEN 'ticket_open' END, 'ticket_id', ticket_id,
               'open_ticket_id', CASE WHEN fails THEN open_ticket_id END, 'late_ms', late_ms,
               'notified', CASE WHEN fails OR action <> 'open_ticket' THEN ARRAY[attendant_id] ELSE '{}' END))
      FROM decided ORDER BY id
), audited AS (
    INSERT INTO audit (action, subject_id, details)
    SELECT CASE WHEN fails THEN 'schedule.failed' ELSE 'schedule.completed' END, id,
           jsonb_strip_nulls(jsonb_build_object('reason', CASE WHEN fails THEN 'ticket_open' END))
      FROM decided ORDER BY id
), settled AS (
    UPDATE schedules s
       SET status = CASE WHEN fails THEN 'failed' ELSE 'completed' END,
           failure_reason = CASE WHEN fails THEN 'ticket_open' END,
           finished_at = clock_timestamp(), updated_at = clock_timestamp(), version = s.version + 1
      FROM decided WHERE s.id = decided.id
)
SELECT count(*) AS value FROM decided

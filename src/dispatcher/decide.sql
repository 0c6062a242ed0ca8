-- Decides the claimed schedules and writes everything that follows from it. Runs after the statement that
-- takes the locks, so that its snapshot shows every ticket that was opened before them.
--
-- Parameters: $1 ids; $2 a reason for which all of them fail, or NULL; $3 the user who runs them now, or NULL
-- (then the due time counts); $4 that user's IP address.
--
-- The column `uncertain` names schedules with a recipient who is being changed by another transaction. The
-- caller must then roll back.
WITH asked AS (SELECT $1::bigint[] AS ids, $2::text AS reason, $3::bigint AS by, $4::text AS ip),
-- Unless a person runs it now, a schedule's time of completion is never before its due time, even if the
-- decision is made ahead of it.
moment AS MATERIALIZED (
    SELECT greatest(clock_timestamp(), (SELECT max(s.due_at) FROM schedules s
                                         WHERE asked.by IS NULL AND s.id = ANY (asked.ids))) AS at
      FROM asked
),
due AS MATERIALIZED (
    SELECT s.id, s.contact_id, s.department_id, s.created_by, s.due_at, s.message, s.comment,
           s.action <> 'notify' AS opens,
           s.action <> 'open_ticket' AS notifies,
           attendant.id AS attendant_id, coalesce(other.id, channels.id) AS channel_id,
           coalesce(other.kind, channels.kind) AS channel_kind,
           CASE WHEN asked.by IS NULL
                THEN (extract(epoch FROM moment.at - s.due_at) * 1000)::bigint END AS late_ms,
           CASE
               WHEN asked.reason IS NOT NULL THEN asked.reason
               WHEN asked.by IS NULL AND moment.at - s.due_at > make_interval(mins => settings.late_tolerance_minutes)
                   THEN 'expired'
               WHEN s.action = 'notify' THEN NULL
               WHEN contacts.archived_at IS NOT NULL OR channels.deactivated_at IS NOT NULL AND other.id IS NULL
                   THEN 'contact_inactive'
               WHEN departments.deactivated_at IS NOT NULL THEN 'department_inactive'
           END AS obstacle
      FROM asked
     CROSS JOIN unnest(asked.ids) AS claimed (id)
      JOIN schedules s ON s.id = claimed.id
      JOIN contacts ON contacts.id = s.contact_id
      JOIN channels ON channels.id = coalesce(s.channel_id, contacts.channel_id)
      JOIN departments ON departments.id = s.department_id
      LEFT JOIN users attendant ON attendant.id = s.attendant_id AND attendant.deactivated_at IS NULL
      JOIN settings ON settings.id
     CROSS JOIN moment
      -- Without a chosen channel, and if the contact's first is inactive, the message goes where one last arrived. A channel
      -- that is being deactivated is skipped, and the chosen one is locked, as `claim.sql` locks the others.
      LEFT JOIN LATERAL (
           SELECT o.id, o.kind FROM contact_identities i JOIN channels o ON o.id = i.channel_id
            WHERE channels.deactivated_at IS NOT NULL AND s.channel_id IS NULL AND s.action <> 'notify'
              AND i.contact_id = s.contact_id AND i.kind = identity_kind(o.kind)
              AND o.deactivated_at IS NULL AND sends_messages(o.kind)
            ORDER BY i.worked_at DESC NULLS LAST, i.seen_at DESC NULLS LAST, i.id LIMIT 1
              FOR SHARE OF o SKIP LOCKED) other ON true
),
-- If two schedules want a ticket for the same contact, the earlier wins. The unique index on open tickets
-- enforces it.
opened AS (
    INSERT INTO tickets (contact_id, department_id, attendant_id, schedule_id, opened_at)
    SELECT contact_id, department_id, attendant_id, id, moment.at
      FROM due CROSS JOIN moment WHERE opens AND obstacle IS NULL
     ORDER BY due_at, id
    ON CONFLICT (contact_id) WHERE status = 'open' DO NOTHING
    RETURNING id, protocol, contact_id, schedule_id
),
outcome AS (
    SELECT due.*, opened.id AS ticket_id, opened.protocol,
           coalesce(due.obstacle, CASE WHEN due.opens AND opened.id IS NULL THEN 'ticket_open' END) AS reason,
           coalesce(present.id, rival.id) AS open_ticket_id
      FROM due
      LEFT JOIN opened ON opened.schedule_id = due.id
      LEFT JOIN tickets present ON present.contact_id = due.contact_id AND present.status = 'open'
      LEFT JOIN opened rival ON rival.contact_id = due.contact_id AND rival.schedule_id <> due.id
),
decided AS MATERIALIZED (
    SELECT id, contact_id, channel_id, channel_kind, due_at, message, comment, late_ms, ticket_id, protocol, reason,
           CASE WHEN reason IS NULL THEN 'completed' ELSE 'failed' END AS status,
           CASE WHEN reason = 'ticket_open' THEN open_ticket_id END AS open_ticket_id,
           CASE WHEN reason IS NULL AND NOT notifies THEN '{}'::bigint[] ELSE coalesce(
               CASE WHEN attendant_id IS NOT NULL THEN ARRAY[attendant_id] END,
               (SELECT array_agg(u.id ORDER BY u.id)
                  FROM department_members m JOIN users u ON u.id = m.user_id
                 WHERE m.department_id = outcome.department_id AND u.deactivated_at IS NULL),
               (SELECT ARRAY[u.id] FROM users u
                 WHERE u.id = outcome.created_by AND u.deactivated_at IS NULL),
               (SELECT array_agg(u.id ORDER BY u.id)
                  FROM roles r JOIN users u ON u.role_id = r.id
                 WHERE r.is_administrator AND u.deactivated_at IS NULL),
               '{}') END AS recipients
      FROM outcome
),
-- Locks the recipients, so that they stay active and keep their role and departments until the commit. A
-- recipient whom another transaction is changing is skipped: waiting could deadlock, since that transaction
-- may want the locks that are held here.
held AS MATERIALIZED (
    SELECT u.id FROM users u JOIN users chosen ON chosen.id = u.id
     WHERE u.id = ANY (ARRAY(SELECT DISTINCT unnest(recipients) FROM decided))
       AND u.deactivated_at IS NULL AND u.role_id = chosen.role_id AND u.told_since = chosen.told_since
       FOR SHARE OF u SKIP LOCKED
),
-- Variables are filled with the values of this moment. Messages without any are not looked at: the subquery runs only for
-- the others.
written AS (
    INSERT INTO messages (contact_id, ticket_id, kind, event, schedule_id, body, created_at)
    SELECT d.contact_id, d.ticket_id, part.kind, part.event, d.id, part.body, moment.at
      FROM decided d CROSS JOIN moment
     CROSS JOIN LATERAL (VALUES
               (1, 'event', 'ticket_opened', ''),
               (2, 'comment', NULL, d.comment),
               (3, 'attendant', NULL,
                CASE WHEN strpos(d.message, '{{') = 0 THEN d.message
                     ELSE (SELECT fill_variables(d.message, message_variables(
                                      s.contact_id, s.department_id, s.attendant_id, moment.at, d.protocol::text))
                             FROM schedules s WHERE s.id = d.id) END)) AS part (place, kind, event, body)
     WHERE d.ticket_id IS NOT NULL
       AND (part.kind <> 'attendant' OR d.message <> ''
            OR EXISTS (SELECT FROM attachments a WHERE a.schedule_id = d.id))
     ORDER BY d.due_at, d.id, part.place
    RETURNING id, kind, schedule_id
),
-- The attachment rows are copied, so that the message keeps the files that the schedule had.
attached AS (
    INSERT INTO attachments (sha256, file_name, uploaded_by, message_id)
    SELECT a.sha256, a.file_name, a.uploaded_by, written.id
      FROM written JOIN attachments a ON a.schedule_id = written.schedule_id
     WHERE written.kind = 'attendant'
     ORDER BY written.id, a.id
),
-- What leaves by a service waits in the outbox. Of several addresses on the channel, it goes to the one that worked last.
-- Without an address the row is written too: the worker fails it, and notifies the attendant.
queued AS (
    INSERT INTO outbox (message_id, contact_id, channel_id, identity_id, next_attempt_at, queued_at)
    SELECT written.id, d.contact_id, d.channel_id, identity.id, moment.at, moment.at
      FROM written JOIN decided d ON d.id = written.schedule_id CROSS JOIN moment
      LEFT JOIN LATERAL (
           SELECT i.id FROM contact_identities i
            WHERE i.contact_id = d.contact_id AND i.channel_id = d.channel_id AND i.kind = identity_kind(d.channel_kind)
            ORDER BY i.worked_at DESC NULLS LAST, i.id LIMIT 1) identity ON true
     WHERE written.kind = 'attendant' AND d.channel_kind <> 'web_chat'
     ORDER BY written.id
    RETURNING channel_id
),
-- What the list of schedules filters by. Triggers keep it from here on.
tracked AS (
    INSERT INTO schedule_deliveries (schedule_id, state, due_at)
    SELECT d.id, CASE WHEN d.channel_kind = 'web_chat' THEN 'sent' ELSE 'queued' END, d.due_at
      FROM written JOIN decided d ON d.id = written.schedule_id
     WHERE written.kind = 'attendant'
     ORDER BY d.due_at, d.id
),
notified AS (
    INSERT INTO notifications (user_id, kind, schedule_id, contact_id, ticket_id, created_at)
    SELECT recipient, 'schedule_' || d.status, d.id, d.contact_id, coalesce(d.ticket_id, d.open_ticket_id),
           moment.at
      FROM decided d CROSS JOIN moment CROSS JOIN unnest(d.recipients) AS recipient
     ORDER BY d.due_at, d.id, recipient
    RETURNING id
),
recorded AS (
    INSERT INTO schedule_history (schedule_id, at, kind, actor_id, details)
    SELECT id, moment.at, status, asked.by, jsonb_strip_nulls(jsonb_build_object('reason', decided.reason, 'ticket_id', ticket_id,
               'open_ticket_id', open_ticket_id, 'late_ms', late_ms, 'notified', recipients))
      FROM decided CROSS JOIN asked CROSS JOIN moment ORDER BY due_at, id
),
audited AS (
    INSERT INTO audit (at, action, subject_id, actor_id, ip, details)
    SELECT moment.at, 'schedule.' || status, id, asked.by, asked.ip,
           jsonb_strip_nulls(jsonb_build_object('reason', decided.reason))
      FROM decided CROSS JOIN asked CROSS JOIN moment ORDER BY due_at, id
),
settled AS (
    UPDATE schedules s
       SET status = d.status, failure_reason = d.reason, finished_at = moment.at, updated_at = moment.at,
           version = s.version + 1
      FROM decided d CROSS JOIN moment
     WHERE s.id = d.id AND s.status = 'scheduled'
)
SELECT (SELECT count(*) FROM decided WHERE status = 'completed') AS completed,
       (SELECT count(*) FROM decided WHERE status = 'failed') AS failed,
       (SELECT min(id) FROM notified) AS first_notification,
       (SELECT max(id) FROM notified) AS last_notification,
       ARRAY(SELECT contact_id FROM opened) AS contacts,
       EXISTS (SELECT FROM queued) AS has_queued,
       ARRAY(SELECT DISTINCT d.id FROM decided d CROSS JOIN unnest(d.recipients) AS recipient
              WHERE recipient NOT IN (SELECT id FROM held)) AS uncertain

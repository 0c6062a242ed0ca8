-- The trigger would update each ticket once per message.
ALTER TABLE messages DISABLE TRIGGER messages_remember_last;
INSERT INTO messages (contact_id, ticket_id, kind, event, author_id, schedule_id, body, created_at, delivered_at, read_at)
SELECT t.contact_id, t.id, m.kind, m.event, m.author_id, m.schedule_id, m.body, m.at,
       CASE WHEN t.id % 200 <> 7 THEN m.delivered_at END, CASE WHEN t.id % 200 <> 7 AND t.id % 20 <> 3 THEN m.delivered_at END
  FROM tickets t
 CROSS JOIN sizes
  LEFT JOIN schedules s ON s.id = t.schedule_id
 CROSS JOIN LATERAL (VALUES
    (1, 'event', 'ticket_opened', NULL::bigint, t.schedule_id, '', t.opened_at, NULL::timestamptz),
    (2, 'comment', NULL, NULL, t.schedule_id, s.comment, t.opened_at, NULL),
    (3, 'attendant', NULL, NULL, t.schedule_id, nullif(s.message, ''), t.opened_at, t.opened_at + interval '1 minute'),
    (4, 'customer', NULL, NULL, NULL, CASE t.id % 4 WHEN 0 THEN 'Bom dia! Podem me ligar?' WHEN 1 THEN 'Sim, está certo.'
        WHEN 2 THEN 'Obrigado pelo retorno.' END, t.opened_at + interval '5 minutes', NULL),
    (5, 'attendant', NULL, t.attendant_id, NULL, CASE WHEN t.status = 'closed' AND t.id % 3 > 0 AND t.attendant_id IS NOT NULL
        THEN 'Combinado, fico à disposição.' END, t.opened_at + interval '9 minutes', t.opened_at + interval '10 minutes'),
    (6, 'event', CASE t.status WHEN 'closed' THEN 'ticket_closed' END, t.closed_by, NULL, '', t.closed_at, NULL)
  ) AS m (step, kind, event, author_id, schedule_id, body, at, delivered_at)
 WHERE t.id > sizes.last_ticket
   AND (m.kind = 'event') = (m.event IS NOT NULL) AND m.body IS NOT NULL AND m.at IS NOT NULL
 ORDER BY t.id, m.step;
ALTER TABLE messages ENABLE TRIGGER messages_remember_last;
INSERT INTO schedule_deliveries (schedule_id, state, due_at)
SELECT s.id, CASE WHEN m.read_at IS NOT NULL THEN 'read' WHEN m.delivered_at IS NOT NULL THEN 'delivered' ELSE 'sent' END,
       s.due_at
  FROM messages m JOIN schedules s ON s.id = m.schedule_id
 WHERE m.kind = 'attendant'
ON CONFLICT DO NOTHING;
ANALYZE schedule_deliveries;
-- The team has read two thirds of the customers' messages.
UPDATE tickets t
   SET last_message_at = m.at, last_customer_message_id = coalesce(m.from_customer, 0),
       seen_message_id = CASE WHEN t.id % 3 > 0 THEN coalesce(m.from_customer, 0) ELSE 0 END
  FROM (SELECT ticket_id, max(created_at) AS at, max(id) FILTER (WHERE kind = 'customer') AS from_customer
          FROM messages WHERE kind <> 'event' AND schedule_id IS NULL GROUP BY ticket_id) AS m
 WHERE m.ticket_id = t.id AND t.id > (SELECT last_ticket FROM sizes);
ANALYZE messages;

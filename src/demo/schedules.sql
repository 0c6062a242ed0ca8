-- Schedules in each state, with the rows that the product would have written. Finished ones ended in the
-- past; the first pending one is due in about a minute.
CREATE TEMPORARY TABLE story ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('schedules', 'id')) AS id, c.id AS contact_id, c.person_id,
       d.id AS department_id, u.id AS attendant_id, s.action, s.status,
       date_trunc('minute', now()) + s.due AS due_at, s.message, s.comment, s.reason,
       (SELECT id FROM users WHERE email = 'admin@pontual.example') AS creator
  FROM (VALUES
    ('Marina Duarte', 'Suporte', 'bruno', 'open_ticket_and_notify', 'scheduled', interval '2 minutes',
     'Olá, Marina! Tudo bem? Passando para confirmar a renovação do seu plano anual. Posso enviar o boleto por aqui?',
     'Confirmar renovação do plano anual', NULL),
    ('Oficina Bela Vista', 'Comercial', 'igor', 'notify', 'scheduled', interval '1 day 2 hours', '',
     'Ligar sobre a proposta da frota', NULL),
    ('Letícia Prado', 'Suporte', NULL, 'open_ticket', 'scheduled', interval '3 days 4 hours',
     'Olá, Letícia! Sua visita técnica está confirmada para amanhã?', 'Confirmar a visita técnica', NULL),
    ('Rafael Nogueira', 'Financeiro', 'helena', 'open_ticket', 'scheduled', interval '8 days',
     'Olá, Rafael! Seguem os dados para a segunda via.', 'Enviar a segunda via', NULL),
    ('Mercado Pão de Minas', 'Comercial', 'igor', 'open_ticket_and_notify', 'completed', interval '-3 days -1 hour',
     'Bom dia! Conseguiu ver a proposta que enviamos?', 'Retomar a proposta', NULL),
    ('Caio Fontes', 'Suporte', 'bruno', 'notify', 'completed', interval '-1 day -2 hours', '',
     'Enviar a segunda via do boleto', NULL),
    ('Sônia Azevedo', 'Financeiro', 'helena', 'open_ticket_and_notify', 'failed', interval '-5 hours',
     'Olá, Sônia! O pagamento foi confirmado?', 'Conferir o pagamento', 'ticket_open'),
    ('Tereza Campos', 'Suporte', 'camila', 'open_ticket', 'cancelled', interval '-2 days',
     'Olá, Tereza! Podemos agendar sua visita?', 'Agendar a visita', NULL)
  ) AS s (contact, department, attendant, action, status, due, message, comment, reason)
  JOIN contacts c ON c.name = s.contact
  JOIN departments d ON d.name = s.department
  LEFT JOIN users u ON u.email = s.attendant || '@pontual.example';

INSERT INTO schedules (id, contact_id, person_id, department_id, attendant_id, action, due_at, due_local, due_zone,
       message, comment, status, failure_reason, cancel_reason, created_by, created_at, finished_at, spacing_key, min_gap)
SELECT id, contact_id, person_id, department_id, attendant_id, action, due_at,
       due_at AT TIME ZONE 'America/Sao_Paulo', 'America/Sao_Paulo', message, comment, status, reason,
       CASE status WHEN 'cancelled' THEN 'A cliente pediu para remarcar por telefone.' END,
       creator, least(due_at - interval '4 days', now() - interval '1 hour'),
       CASE status WHEN 'scheduled' THEN NULL WHEN 'cancelled' THEN due_at - interval '1 day' ELSE due_at END,
       0, interval '4 minutes'
  FROM story;

-- A ticket that a customer opened and that was closed before the schedules ran, and the open ticket that made
-- a schedule fail.
INSERT INTO tickets (contact_id, department_id, attendant_id, status, opened_at, closed_at, closed_by)
SELECT c.id, d.id, u.id, 'closed', now() - interval '12 days', now() - interval '11 days', u.id
  FROM contacts c, departments d, users u
 WHERE c.name = 'Marina Duarte' AND d.name = 'Suporte' AND u.email = 'bruno@pontual.example';
INSERT INTO tickets (contact_id, department_id, attendant_id, opened_at)
SELECT c.id, d.id, u.id, now() - interval '7 hours'
  FROM contacts c, departments d, users u
 WHERE c.name = 'Sônia Azevedo' AND d.name = 'Financeiro' AND u.email = 'helena@pontual.example';
-- The tickets that completed schedules opened, closed since.
INSERT INTO tickets (contact_id, department_id, attendant_id, schedule_id, status, opened_at, closed_at, closed_by)
SELECT contact_id, department_id, attendant_id, id, 'closed', due_at, due_at + interval '40 minutes', attendant_id
  FROM story WHERE status = 'completed' AND action <> 'notify';

INSERT INTO messages (contact_id, ticket_id, kind, event, author_id, schedule_id, body, created_at, delivered_at, read_at)
SELECT t.contact_id, t.id, m.kind, m.event, m.author_id, m.schedule_id, m.body, m.at, m.delivered_at, m.delivered_at
  FROM tickets t
  JOIN contacts c ON c.id = t.contact_id
  LEFT JOIN story s ON s.id = t.schedule_id
  CROSS JOIN LATERAL (VALUES
    (1, 'event', 'ticket_opened', NULL::bigint, t.schedule_id, '', t.opened_at, NULL::timestamptz),
    (2, 'comment', NULL, NULL, t.schedule_id, s.comment, t.opened_at, NULL),
    (3, 'attendant', NULL, NULL, t.schedule_id, s.message, t.opened_at, t.opened_at + interval '1 minute'),
    (4, 'customer', NULL, NULL, NULL,
        CASE WHEN t.status = 'open' THEN 'Olá! O pagamento foi confirmado?'
             WHEN s.id IS NULL THEN 'Olá! Gostaria de saber sobre a renovação do meu plano.'
             ELSE 'Vi sim! Podemos fechar.' END, CASE WHEN s.id IS NULL THEN t.opened_at ELSE t.opened_at + interval '5 minutes' END, NULL),
    (5, 'attendant', NULL, t.attendant_id, NULL,
        CASE WHEN t.status = 'closed' THEN 'Perfeito! Combinamos o retorno por aqui.' END,
        t.opened_at + interval '9 minutes', t.opened_at + interval '10 minutes'),
    (6, 'event', CASE t.status WHEN 'closed' THEN 'ticket_closed' END, t.closed_by, NULL, '', t.closed_at, NULL)
  ) AS m (step, kind, event, author_id, schedule_id, body, at, delivered_at)
 WHERE (m.kind = 'event') = (m.event IS NOT NULL) AND m.body IS NOT NULL AND m.at IS NOT NULL
 ORDER BY m.at, t.id, m.step;
INSERT INTO schedule_deliveries (schedule_id, state, due_at)
SELECT s.id, CASE WHEN m.read_at IS NULL THEN 'sent' ELSE 'read' END, s.due_at
  FROM messages m JOIN schedules s ON s.id = m.schedule_id
 WHERE m.kind = 'attendant';

INSERT INTO notifications (user_id, kind, schedule_id, contact_id, ticket_id, created_at)
SELECT s.attendant_id, 'schedule_' || s.status, s.id, s.contact_id, t.id, s.due_at
  FROM story s
  LEFT JOIN tickets t ON t.schedule_id = s.id
       OR (s.status = 'failed' AND t.contact_id = s.contact_id AND t.status = 'open')
 WHERE s.status = 'failed' OR (s.status = 'completed' AND s.action <> 'open_ticket');

INSERT INTO schedule_history (schedule_id, at, kind, actor_id, details)
SELECT id, at, kind, actor, details FROM (
    SELECT id, least(due_at - interval '4 days', now() - interval '1 hour') AS at, 'created' AS kind, creator AS actor, '{}'::jsonb AS details FROM story
    UNION ALL SELECT id, due_at - interval '1 day', 'cancelled', creator, '{}' FROM story WHERE status = 'cancelled'
    UNION ALL SELECT s.id, s.due_at, s.status, NULL, jsonb_strip_nulls(jsonb_build_object(
            'ticket_id', t.id, 'open_ticket_id', b.id, 'reason', s.reason, 'late_ms', 0,
            'notified', (SELECT coalesce(jsonb_agg(n.user_id), '[]') FROM notifications n WHERE n.schedule_id = s.id)))
        FROM story s LEFT JOIN tickets t ON t.schedule_id = s.id
        LEFT JOIN tickets b ON s.status = 'failed' AND b.contact_id = s.contact_id AND b.status = 'open'
        WHERE s.status IN ('completed', 'failed')
) AS h ORDER BY at;

INSERT INTO audit (at, actor_id, action, subject_id)
SELECT at, actor_id, 'schedule.' || kind, schedule_id FROM schedule_history ORDER BY id;
INSERT INTO audit (at, actor_id, action, subject_id)
SELECT m.created_at, m.author_id, replace(m.event, '_', '.'), t.id
  FROM messages m JOIN tickets t ON t.id = m.ticket_id
 WHERE m.event = 'ticket_closed' OR (m.event = 'ticket_opened' AND t.schedule_id IS NULL)
 ORDER BY m.id;

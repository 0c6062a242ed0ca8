-- :count schedules due at :due, each for its own contact: the three actions mixed, a tenth with an open ticket
-- that makes them fail, a fifth of the messages with a file. Writes all rows that the product writes when they are
-- made one by one.
CREATE TEMPORARY TABLE burst ON COMMIT DROP AS
SELECT n, nextval(pg_get_serial_sequence('contacts', 'id')) AS contact_id,
       nextval(pg_get_serial_sequence('schedules', 'id')) AS id,
       (ARRAY['open_ticket', 'open_ticket_and_notify', 'notify'])[1 + n % 3] AS action
  FROM generate_series(1, :count) AS n;

INSERT INTO contacts (id, channel_id, name)
SELECT contact_id, (SELECT min(id) FROM channels), 'Contato ' || contact_id FROM burst;

INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, message, comment, created_by)
SELECT burst.id, contact_id, d.id, u.id, action, :due, (:due) AT TIME ZONE 'UTC', 'UTC',
       CASE WHEN action = 'notify' THEN '' ELSE 'Olá! Podemos conversar sobre o seu pedido?' END,
       'Confirmar a entrega', admin.id
  FROM burst, departments d, users u, users admin
 WHERE d.name = 'Suporte' AND u.email = 'bruno@pontual.example' AND admin.email = 'admin@pontual.example';

INSERT INTO schedule_history (schedule_id, kind, actor_id)
SELECT id, 'created', (SELECT id FROM users WHERE email = 'admin@pontual.example') FROM burst;
INSERT INTO audit (action, subject_id, actor_id, ip)
SELECT 'schedule.created', id, (SELECT id FROM users WHERE email = 'admin@pontual.example'), '127.0.0.1' FROM burst;

INSERT INTO attachments (sha256, file_name, uploaded_by, schedule_id)
SELECT (SELECT sha256 FROM blobs LIMIT 1), 'proposta.txt', (SELECT id FROM users WHERE email = 'admin@pontual.example'), id
  FROM burst WHERE action <> 'notify' AND n % 5 = 0;

WITH opened AS (
    INSERT INTO tickets (contact_id, department_id, attendant_id, opened_at)
    SELECT contact_id, d.id, u.id, now()
      FROM burst, departments d, users u
     WHERE n % 10 = 1 AND d.name = 'Suporte' AND u.email = 'bruno@pontual.example'
    RETURNING id, contact_id),
said AS (INSERT INTO messages (contact_id, ticket_id, kind, event, body)
         SELECT contact_id, id, 'event', 'ticket_opened', '' FROM opened)
INSERT INTO audit (action, subject_id) SELECT 'ticket.opened', id FROM opened;

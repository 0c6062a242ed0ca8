-- :count schedules that open a ticket and notify, each for its own contact, due at random times (not whole seconds)
-- within :seconds seconds after :start.
CREATE TEMPORARY TABLE single ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('contacts', 'id')) AS contact_id,
       nextval(pg_get_serial_sequence('schedules', 'id')) AS id,
       :start + random() * :seconds * interval '1 second' AS due_at
  FROM generate_series(1, :count);

INSERT INTO contacts (id, channel_id, name)
SELECT contact_id, (SELECT min(id) FROM channels), 'Contato ' || contact_id FROM single;

INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, message, comment, created_by)
SELECT single.id, contact_id, d.id, u.id, 'open_ticket_and_notify', due_at, due_at AT TIME ZONE 'UTC', 'UTC', 'Olá!', 'Medida', admin.id
  FROM single, departments d, users u, users admin
 WHERE d.name = 'Suporte' AND u.email = 'bruno@pontual.example' AND admin.email = 'admin@pontual.example';

INSERT INTO schedule_history (schedule_id, kind, actor_id)
SELECT id, 'created', (SELECT id FROM users WHERE email = 'admin@pontual.example') FROM single;
INSERT INTO audit (action, subject_id, actor_id, ip)
SELECT 'schedule.created', id, (SELECT id FROM users WHERE email = 'admin@pontual.example'), '127.0.0.1' FROM single;

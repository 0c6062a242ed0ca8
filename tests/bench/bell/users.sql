-- :count signed-in attendants who may also schedule, and so see every schedule. The session's token of user n is
-- 'bench-n'.
INSERT INTO roles (name, description) VALUES ('Atendente que agenda', '');
INSERT INTO role_permissions (role_id, permission)
SELECT r.id, p.permission FROM roles r, (VALUES ('tickets'), ('schedules')) AS p (permission)
 WHERE r.name = 'Atendente que agenda';

CREATE TEMPORARY TABLE joined ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('users', 'id')) AS id FROM generate_series(1, :count);

INSERT INTO users (id, name, email, password_hash, role_id)
SELECT joined.id, 'Atendente ' || joined.id, 'bench-' || joined.id || '@pontual.example', '-', r.id
  FROM joined, roles r WHERE r.name = 'Atendente que agenda';
INSERT INTO department_members (department_id, user_id)
SELECT d.id, joined.id FROM joined, departments d WHERE d.name = 'Suporte';

-- Each value of the state is JSON in a string, as src/auth/sessions.rs stores it.
INSERT INTO sessions (token_hash, user_id, state, id, user_agent, ip)
SELECT sha256(('bench-' || joined.id)::bytea), joined.id,
       jsonb_build_object('user_id', joined.id::text, 'session_id', to_jsonb(s.id)::text), s.id, '', ''
  FROM joined CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id WHERE joined.id IS NOT NULL) s;

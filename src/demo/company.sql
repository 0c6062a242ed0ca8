UPDATE settings SET company_name = 'Central de Atendimento';

INSERT INTO departments (name, position) VALUES ('Suporte', 1), ('Financeiro', 2), ('Comercial', 3);

INSERT INTO roles (name, description) VALUES
    ('Gestor de cargos', 'Define o que cada cargo pode fazer'),
    ('Atendente', 'Atende os chamados do departamento');
INSERT INTO role_permissions (role_id, permission)
    SELECT id, 'roles' FROM roles WHERE name = 'Gestor de cargos'
    UNION ALL SELECT id, 'tickets' FROM roles WHERE name = 'Atendente';

INSERT INTO users (name, email, password_hash, role_id)
    SELECT u.name, u.email, '-', r.id
      FROM (VALUES ('Ana Prado', 'admin@pontual.example', 'Administrador'),
                   ('Gil Torres', 'gestor@pontual.example', 'Gestor de cargos'),
                   ('Bruno Lima', 'bruno@pontual.example', 'Atendente'),
                   ('Camila Reis', 'camila@pontual.example', 'Atendente'),
                   ('Helena Costa', 'helena@pontual.example', 'Atendente'),
                   ('Igor Matos', 'igor@pontual.example', 'Atendente')) AS u (name, email, role)
      JOIN roles r ON r.name = u.role;
INSERT INTO department_members (department_id, user_id)
    SELECT d.id, u.id
      FROM (VALUES ('Suporte', 'bruno'), ('Suporte', 'camila'), ('Financeiro', 'helena'),
                   ('Comercial', 'igor')) AS m (department, user_name)
      JOIN departments d ON d.name = m.department
      JOIN users u ON u.email = m.user_name || '@pontual.example';

INSERT INTO channels (kind, name, default_department_id)
    SELECT 'web_chat', 'Chat do site', id FROM departments WHERE name = 'Suporte';

INSERT INTO people (name) VALUES ('Família Duarte'), ('Grupo Bela Vista');

INSERT INTO contacts (channel_id, name, phone, email, person_id)
    SELECT ch.id, c.name, c.phone, c.email, p.id
      FROM (VALUES ('Marina Duarte', '+5511900000142', '', 'Família Duarte'),
                   ('Otávio Duarte', '+5511900000143', '', 'Família Duarte'),
                   ('Rafael Nogueira', '+5521900000117', '', NULL),
                   ('Oficina Bela Vista', '', 'contato@belavista.example', 'Grupo Bela Vista'),
                   ('Padaria Bela Vista', '', 'padaria@belavista.example', 'Grupo Bela Vista'),
                   ('Letícia Prado', '', '', NULL),
                   ('Sônia Azevedo', '+5531900000168', '', NULL),
                   ('Mercado Pão de Minas', '+5531900000155', '', NULL),
                   ('Caio Fontes', '+5541900000109', '', NULL),
                   ('Tereza Campos', '+5551900000133', '', NULL)) AS c (name, phone, email, person)
      LEFT JOIN people p ON p.name = c.person
      CROSS JOIN channels ch;

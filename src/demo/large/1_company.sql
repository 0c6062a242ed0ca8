-- Eight departments with six attendants each. The administrator is one of them, so that their bell has
-- entries too.
UPDATE settings SET spacing_minutes = 0;
-- Keep everything that is loaded, so that it can be looked at.
UPDATE retention SET notification_days = 3650;
UPDATE schedules SET min_gap = '0' WHERE status = 'scheduled';

INSERT INTO departments (name, position)
SELECT name, 3 + place
  FROM unnest(ARRAY['Vendas', 'Cobrança', 'Pós-venda', 'Entregas', 'Cadastro']) WITH ORDINALITY AS d (name, place);

CREATE TEMPORARY TABLE names ON COMMIT DROP AS
SELECT ARRAY['Adriana', 'Aline', 'Amanda', 'Ana', 'André', 'Antônio', 'Beatriz', 'Bruna', 'Caio', 'Camila', 'Carlos',
             'Carolina', 'Cecília', 'Cláudia', 'Daniel', 'Débora', 'Diego', 'Eduardo', 'Elaine', 'Érica', 'Fabiana',
             'Felipe', 'Fernanda', 'Flávia', 'Gabriel', 'Giovana', 'Guilherme', 'Gustavo', 'Heloísa', 'Henrique', 'Ícaro',
             'Isabela', 'João', 'Joana', 'Jorge', 'José', 'Júlia', 'Larissa', 'Leandro', 'Letícia', 'Lívia', 'Lucas',
             'Luciana', 'Luiz', 'Marcelo', 'Márcia', 'Marcos', 'Maria', 'Mateus', 'Natália', 'Otávio', 'Patrícia', 'Paulo',
             'Pedro', 'Rafael', 'Renata', 'Ricardo', 'Rodrigo', 'Sônia', 'Tatiana', 'Tiago', 'Vanessa', 'Vinícius', 'Vitória']
           AS first,
       ARRAY['Almeida', 'Alves', 'Andrade', 'Araújo', 'Azevedo', 'Barbosa', 'Barros', 'Batista', 'Borges', 'Brito',
             'Campos', 'Cardoso', 'Carvalho', 'Castro', 'Coelho', 'Correia', 'Costa', 'Cunha', 'Dias', 'Duarte', 'Esteves',
             'Farias', 'Fernandes', 'Ferreira', 'Fonseca', 'Freitas', 'Gomes', 'Gonçalves', 'Guimarães', 'Leite', 'Lima',
             'Lopes', 'Macedo', 'Machado', 'Magalhães', 'Marques', 'Martins', 'Melo', 'Mendes', 'Miranda', 'Monteiro',
             'Moraes', 'Moreira', 'Moura', 'Nascimento', 'Nogueira', 'Nunes', 'Oliveira', 'Pereira', 'Pinto', 'Ramos',
             'Reis', 'Ribeiro', 'Rocha', 'Santos', 'Silva', 'Siqueira', 'Soares', 'Souza', 'Tavares', 'Teixeira', 'Vieira']
           AS family;

INSERT INTO department_members (department_id, user_id)
SELECT d.id, u.id FROM departments d, users u WHERE d.name = 'Suporte' AND u.email = 'admin@pontual.example';

CREATE TEMPORARY TABLE missing ON COMMIT DROP AS
SELECT d.id AS department_id, 'atendente' || lpad((row_number() OVER (ORDER BY d.position, seat))::text, 2, '0')
       || '@pontual.example' AS email, row_number() OVER (ORDER BY d.position, seat)::int AS place
  FROM departments d CROSS JOIN generate_series(1, 6) AS seat
 WHERE seat > (SELECT count(*) FROM department_members m WHERE m.department_id = d.id);
INSERT INTO users (name, email, password_hash, role_id)
SELECT first[1 + place * 7 % cardinality(first)] || ' ' || family[1 + place * 11 % cardinality(family)], email,
       (SELECT password_hash FROM users WHERE email = 'admin@pontual.example'),
       (SELECT id FROM roles WHERE name = 'Atendente')
  FROM missing CROSS JOIN names ORDER BY place;
INSERT INTO department_members (department_id, user_id)
SELECT m.department_id, u.id FROM missing m JOIN users u USING (email);

-- The seat of each attendant: departments are numbered 0 to 7, seats 0 to 5.
CREATE TEMPORARY TABLE seats ON COMMIT DROP AS
SELECT department, seat, department_id, user_id
  FROM (SELECT (dense_rank() OVER (ORDER BY d.position) - 1)::int AS department, d.id AS department_id, m.user_id,
               (row_number() OVER (PARTITION BY d.id ORDER BY m.user_id) - 1)::int AS seat
          FROM departments d JOIN department_members m ON m.department_id = d.id) AS all_seats
 WHERE seat < 6;

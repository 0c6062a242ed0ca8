-- One person per five contacts; seven of ten contacts belong to a person.
INSERT INTO people (id, name, created_at)
SELECT sizes.first_person + n - 1, (ARRAY['Família', 'Grupo', 'Condomínio', 'Escritório'])[1 + n % 4] || ' '
       || family[1 + n * 13 % cardinality(family)] || ' '
       || family[1 + (n / cardinality(family)) * 17 % cardinality(family)], now() - interval '3 years'
  FROM sizes CROSS JOIN names CROSS JOIN generate_series(1, sizes.people) AS n;

INSERT INTO contacts (id, channel_id, name, phone, email, person_id, created_at)
SELECT sizes.first_contact + n - 1, channel.id,
       first[1 + n * 19 % cardinality(first)] || ' ' || family[1 + (n / 7) * 23 % cardinality(family)] || ' '
       || family[1 + (n / 31) * 29 % cardinality(family)],
       CASE WHEN n % 5 > 0 THEN '+55' || (ARRAY['11', '21', '31', '41', '51', '61', '71', '81', '85', '92'])[1 + n % 10]
            || '9' || lpad((n * 73856093::bigint % 100000000)::text, 8, '0') ELSE '' END,
       CASE WHEN n % 3 = 0 THEN 'cliente' || n || '@exemplo.example' ELSE '' END,
       CASE WHEN n % 10 < 7 THEN sizes.first_person + n % sizes.people END, now() - interval '3 years'
  FROM sizes CROSS JOIN names
 CROSS JOIN (SELECT id FROM channels WHERE kind = 'web_chat' ORDER BY id LIMIT 1) AS channel
 CROSS JOIN generate_series(1, sizes.contacts) AS n;
SELECT setval(pg_get_serial_sequence('people', 'id'), (SELECT max(id) FROM people)),
       setval(pg_get_serial_sequence('contacts', 'id'), (SELECT max(id) FROM contacts));
ANALYZE people;
ANALYZE contacts;
ANALYZE contact_identities;

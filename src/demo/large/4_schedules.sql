-- In the order of due times, cycling through the contacts, so that the schedules of one contact are far
-- apart.
INSERT INTO schedules (id, contact_id, person_id, department_id, attendant_id, action, due_at, due_local, due_zone,
       message, comment, status, failure_reason, cancel_reason, created_by, created_at, updated_at, finished_at)
SELECT s.id, s.contact_id, CASE WHEN s.dice % 2 = 0 THEN c.person_id END, seats.department_id,
       CASE WHEN s.action <> 'open_ticket' OR s.dice % 10 < 7 THEN seats.user_id END,
       s.action, s.due_at, s.due_at AT TIME ZONE settings.time_zone, settings.time_zone,
       CASE WHEN s.action <> 'notify' AND s.dice % 5 > 0 THEN 'Olá, ' || split_part(c.name, ' ', 1) || '! '
            || (ARRAY['Podemos confirmar a sua visita?', 'Conseguiu ver a proposta?', 'O boleto vence amanhã.',
                      'Seu pedido está pronto.', 'Sua renovação está disponível.'])[1 + s.dice % 5] ELSE '' END,
       (ARRAY['Confirmar a visita', 'Retomar a proposta', 'Enviar a segunda via', 'Conferir o cadastro',
              'Ligar sobre a renovação', 'Agendar a instalação', 'Perguntar sobre o pedido'])[1 + s.dice % 7],
       s.status, CASE WHEN s.status = 'failed' THEN CASE s.action WHEN 'notify' THEN 'expired' ELSE 'ticket_open' END END,
       CASE WHEN s.status = 'cancelled' AND s.dice % 2 = 0 THEN 'O cliente pediu para remarcar.' END,
       sizes.creator, s.created_at, coalesce(s.finished_at, s.created_at), s.finished_at
  FROM (SELECT *, CASE status WHEN 'scheduled' THEN NULL
                              WHEN 'cancelled' THEN created_at + least(due_at - created_at, now() - created_at) / 2
                              ELSE due_at + dice % 40 * interval '1 millisecond' END AS finished_at
          FROM (SELECT planned.*, least(due_at, now()) - (1 + dice % 20) * interval '1 day' AS created_at,
                       CASE WHEN dice / 100 % 100 < 4 THEN 'cancelled' WHEN due_at > now() THEN 'scheduled'
                            WHEN dice / 100 % 100 < 10 THEN 'failed' ELSE 'completed' END AS status,
                       CASE WHEN dice / 10000 % 10 < (10 - reminders) / 2 THEN 'open_ticket_and_notify'
                            WHEN dice / 10000 % 10 < 10 - reminders THEN 'open_ticket' ELSE 'notify' END AS action
                  FROM (SELECT sizes.reminders, sizes.last_schedule + n AS id, abs(hashint4(n)::bigint) AS dice,
                               sizes.first_contact + n::bigint * sizes.stride % sizes.contacts AS contact_id,
                               date_trunc('minute', CASE WHEN n <= sizes.past
                                   THEN now() - interval '1 hour' - (sizes.past - n) * (interval '730 days' / sizes.past)
                                   ELSE now() + interval '1 hour'
                                        + (n - sizes.past) * (interval '60 days' / (sizes.schedules - sizes.past))
                                   END) AS due_at
                          FROM sizes CROSS JOIN generate_series(1, sizes.schedules) AS n) AS planned) AS decided
       ) AS s
  JOIN contacts c ON c.id = s.contact_id
  JOIN seats ON seats.department = s.dice % 8 AND seats.seat = s.dice / 8 % 6
 CROSS JOIN sizes CROSS JOIN settings
 ORDER BY s.id;
SELECT setval(pg_get_serial_sequence('schedules', 'id'), (SELECT max(id) FROM schedules));
ANALYZE schedules;

SELECT u.id, u.name, u.role_id, r.name, r.is_administrator, s.company_name, s.time_zone, s.logo_sha256,
       u.plays_sound, u.shows_browser_notices, u.theme,
       ARRAY(SELECT permission FROM role_permissions p WHERE p.role_id = r.id),
       ARRAY(SELECT department_id FROM department_members m WHERE m.user_id = u.id),
       (SELECT count(*) FROM (SELECT FROM notifications n
         WHERE n.user_id = u.id AND n.read_at IS NULL AND n.removed_at IS NULL LIMIT 100) counted),
       (SELECT count(*) FROM (SELECT FROM tickets t
         WHERE t.status = 'open' AND t.last_customer_message_id > t.seen_message_id
           AND (r.is_administrator OR t.attendant_id = u.id) LIMIT 100) counted)
  FROM users u JOIN roles r ON r.id = u.role_id CROSS JOIN settings s
 WHERE u.id = $1 AND u.deactivated_at IS NULL

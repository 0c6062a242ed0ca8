SELECT s.id, s.contact_id, c.name, c.phone, c.email, ch.name, s.due_at, s.created_at, s.action, s.status,
       s.status = 'scheduled' AND s.spacing_exempt,
       CASE WHEN s.status = 'completed' AND s.finished_at < s.due_at THEN s.finished_at END,
       c.archived_at IS NOT NULL, d.name, a.name
  FROM (SELECT * FROM schedules ORDER BY due_at DESC, id DESC LIMIT 26) s
  JOIN contacts c ON c.id = s.contact_id
  JOIN channels ch ON ch.id = c.channel_id
  JOIN departments d ON d.id = s.department_id
  LEFT JOIN users a ON a.id = s.attendant_id
 ORDER BY s.due_at DESC, s.id DESC

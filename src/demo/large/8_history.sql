INSERT INTO schedule_history (schedule_id, at, kind, actor_id, details)
SELECT id, at, kind, actor, details FROM (
    SELECT s.id, s.created_at AS at, 'created' AS kind, s.created_by AS actor, '{}'::jsonb AS details
      FROM schedules s WHERE s.id > (SELECT last_schedule FROM sizes)
    UNION ALL
    SELECT s.id, s.finished_at, 'cancelled', s.created_by, '{}'
      FROM schedules s WHERE s.status = 'cancelled' AND s.id > (SELECT last_schedule FROM sizes)
    UNION ALL
    SELECT s.id, s.finished_at, s.status, NULL, jsonb_strip_nulls(jsonb_build_object(
               'reason', s.failure_reason, 'ticket_id', t.id, 'late_ms', 0,
               'open_ticket_id', CASE WHEN s.status = 'failed' THEN notified.ticket_id END,
               'notified', coalesce(notified.users, '[]')))
      FROM schedules s
      LEFT JOIN tickets t ON t.schedule_id = s.id
      LEFT JOIN (SELECT schedule_id, jsonb_agg(user_id ORDER BY id) AS users, min(ticket_id) AS ticket_id
                   FROM notifications GROUP BY schedule_id) AS notified ON notified.schedule_id = s.id
     WHERE s.status IN ('completed', 'failed') AND s.id > (SELECT last_schedule FROM sizes)
 ) AS happened
 ORDER BY at, id;
ANALYZE schedule_history;

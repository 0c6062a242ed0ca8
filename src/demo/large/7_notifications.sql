-- The number of recipients per schedule follows from the wanted number of notifications: from one to all six
-- users of the department, the attendant first. Notifications older than a week are read; much older ones are
-- often removed.
INSERT INTO notifications (user_id, kind, schedule_id, contact_id, ticket_id, created_at, read_at, removed_at)
SELECT reader.user_id, 'schedule_' || s.status, s.id, s.contact_id, s.ticket_id, s.finished_at,
       CASE WHEN s.finished_at < now() - interval '7 days' OR (s.id + place) % 3 = 0 THEN s.finished_at + interval '20 minutes' END,
       CASE WHEN s.finished_at < now() - interval '30 days' AND (s.id + place) % 10 < 3 THEN s.finished_at + interval '1 day' END
  FROM (SELECT s.id, s.status, s.contact_id, s.department_id, s.finished_at, coalesce(opened.id, blocking.id) AS ticket_id,
               coalesce(seats.seat, 0) AS first_seat,
               least(6, greatest(1, sizes.notifications * row_number() OVER w / count(*) OVER ()
                                    - sizes.notifications * (row_number() OVER w - 1) / count(*) OVER ())) AS recipients
          FROM schedules s CROSS JOIN sizes
          LEFT JOIN seats ON seats.user_id = s.attendant_id AND seats.department_id = s.department_id
          LEFT JOIN tickets opened ON opened.schedule_id = s.id
          LEFT JOIN tickets blocking ON s.failure_reason = 'ticket_open' AND blocking.contact_id = s.contact_id
               AND blocking.schedule_id IS NULL AND blocking.opened_at = s.due_at - interval '2 hours'
         WHERE s.id > sizes.last_schedule AND (s.status = 'failed' OR (s.status = 'completed' AND s.action <> 'open_ticket'))
        WINDOW w AS (ORDER BY s.id)) AS s
 CROSS JOIN LATERAL generate_series(0, s.recipients::int - 1) AS place
  JOIN seats reader ON reader.department_id = s.department_id AND reader.seat = (s.first_seat + place) % 6
 ORDER BY s.finished_at, s.id, place;
ANALYZE notifications;

SELECT 'schedule' AS subject, s.id
  FROM schedules s
       CROSS JOIN (SELECT least(history_gone_before, now() - interval '12 months') AS history_gone_before,
                          least(notifications_gone_before, now() - interval '7 days') AS notifications_gone_before
                     FROM retention) r,
       LATERAL (SELECT array_agg(n.user_id::text ORDER BY n.user_id::text) AS users FROM notifications n
                 WHERE n.schedule_id = s.id AND n.kind = 'schedule_completed' AND n.passed_on_by IS NULL) notified,
       LATERAL (SELECT coalesce(array_agg(u::text ORDER BY u::text), '{nobody}') AS users
                  FROM schedule_history h, jsonb_path_query(h.details, '$.notified[*]') AS u
                 WHERE h.schedule_id = s.id AND h.kind = 'completed') expected
 WHERE s.status = 'completed'
   AND CASE WHEN s.action = 'open_ticket'
            THEN EXISTS (SELECT FROM notifications n WHERE n.schedule_id = s.id AND n.kind <> 'message_failed')
            -- The recipients were deleted with the history. There must still be a notification.
            WHEN s.finished_at < r.history_gone_before
                 AND NOT EXISTS (SELECT FROM schedule_history h WHERE h.schedule_id = s.id)
            THEN notified.users IS NULL AND s.finished_at >= r.notifications_gone_before + interval '1 minute'
            -- Some notifications may have been deleted. Nobody else may have been notified.
            WHEN s.finished_at < r.notifications_gone_before + interval '1 minute'
            THEN NOT notified.users <@ expected.users
            ELSE notified.users IS DISTINCT FROM expected.users
       END

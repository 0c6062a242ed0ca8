SELECT 'schedule' AS subject, s.id
  FROM schedules s
 WHERE s.status = 'scheduled' AND s.due_at < clock_timestamp() - interval '60 seconds'
   AND EXISTS (
       SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE d.datname = current_database() AND l.granted AND l.locktype = 'advisory'
          AND l.classid = x'706f6e74'::int::oid AND l.objid = 1 AND l.objsubid = 2)

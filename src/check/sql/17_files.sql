SELECT 'attachment' AS subject, a.id
  FROM attachments a
 WHERE NOT EXISTS (SELECT FROM blobs b WHERE b.sha256 = a.sha256)
UNION ALL
SELECT 'message', m.id
  FROM messages m
 WHERE m.kind = 'attendant' AND m.schedule_id IS NOT NULL
   AND ARRAY(SELECT ROW (a.sha256, a.file_name) FROM attachments a
              WHERE a.message_id = m.id ORDER BY a.file_name, a.sha256)
       IS DISTINCT FROM
       ARRAY(SELECT ROW (a.sha256, a.file_name) FROM attachments a
              WHERE a.schedule_id = m.schedule_id ORDER BY a.file_name, a.sha256)

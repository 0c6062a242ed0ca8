SELECT state, seen_at < now() - interval '1 minute' AS is_stale FROM sessions
 WHERE token_hash = $1 AND seen_at > now() - make_interval(hours => $2)
   AND created_at > now() - make_interval(days => $3)

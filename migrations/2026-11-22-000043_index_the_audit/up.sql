-- One for each way to filter: by time alone, by action, and by person (over all actions, or some).
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_action ON audit (action, at, id);
CREATE INDEX audit_by_actor ON audit (actor_id, action, at, id);

DROP TRIGGER users_announce_rights ON users;
DROP TRIGGER users_end_sessions ON users;
DROP FUNCTION announce_changed_rights;
DROP FUNCTION end_sessions_of_user;
DROP TABLE sessions;

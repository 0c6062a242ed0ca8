DROP TABLE setup_links;
DROP TRIGGER users_end_access_link ON users;
DROP FUNCTION end_access_link_of_user;
DROP TABLE access_links;
DROP TABLE sign_in_attempts;
DROP TRIGGER users_end_sessions ON users;
DROP FUNCTION end_sessions_of_user;
DROP TABLE sessions;

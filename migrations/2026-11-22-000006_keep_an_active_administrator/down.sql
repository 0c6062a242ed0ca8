DROP TRIGGER users_keep_an_administrator ON users;
DROP FUNCTION keep_an_active_administrator;

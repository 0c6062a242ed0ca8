DROP TRIGGER users_end_access_link ON users;
DROP FUNCTION end_access_link_of_user();
DROP TABLE access_links;
UPDATE users SET password_hash = '' WHERE password_hash IS NULL;
ALTER TABLE users
    DROP CONSTRAINT users_active_has_password,
    ALTER COLUMN password_hash SET NOT NULL;

-- Whoever is told of a schedule may read its contact's conversation. What they were told before this moment lets
-- them read no more: a department or a permission was taken from them.
ALTER TABLE users ADD COLUMN told_since timestamptz NOT NULL DEFAULT '-infinity';

CREATE FUNCTION forget_what_member_was_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET told_since = clock_timestamp() WHERE id = OLD.user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER department_members_forget_told AFTER DELETE ON department_members
    FOR EACH ROW EXECUTE FUNCTION forget_what_member_was_told();

-- Locks in the order of ids, as everybody does who locks several users.
CREATE FUNCTION forget_what_role_was_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE role_id IN (SELECT role_id FROM gone) ORDER BY id FOR NO KEY UPDATE;
    UPDATE users SET told_since = clock_timestamp() WHERE role_id IN (SELECT role_id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER role_permissions_forget_told AFTER DELETE ON role_permissions REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION forget_what_role_was_told();

CREATE FUNCTION forget_what_other_role_was_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM roles WHERE id = OLD.role_id AND is_administrator)
       OR EXISTS (SELECT permission FROM role_permissions WHERE role_id = OLD.role_id
                  EXCEPT SELECT permission FROM role_permissions WHERE role_id = NEW.role_id) THEN
        NEW.told_since := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER users_forget_told BEFORE UPDATE OF role_id ON users
    FOR EACH ROW WHEN (OLD.role_id <> NEW.role_id) EXECUTE FUNCTION forget_what_other_role_was_told();

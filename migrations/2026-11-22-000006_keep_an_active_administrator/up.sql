-- The lock on the role makes two simultaneous departures see each other.
CREATE FUNCTION keep_an_active_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE administrator bigint;
BEGIN
    SELECT id INTO administrator FROM roles WHERE is_administrator FOR NO KEY UPDATE;
    IF OLD.role_id <> administrator OR OLD.deactivated_at IS NOT NULL
        OR (TG_OP = 'UPDATE' AND NEW.role_id = administrator AND NEW.deactivated_at IS NULL)
        OR EXISTS (SELECT FROM users
                   WHERE role_id = administrator AND deactivated_at IS NULL AND id <> OLD.id)
    THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'the last active administrator cannot be lost'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'last_administrator';
END $$;
CREATE TRIGGER users_keep_an_administrator BEFORE UPDATE OF role_id, deactivated_at OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION keep_an_active_administrator();

CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows cannot be changed' USING ERRCODE = 'restrict_violation';
END $$;
DROP TABLE retention;

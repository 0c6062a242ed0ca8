CREATE OR REPLACE FUNCTION wake_the_dispatcher() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE earliest timestamptz;
BEGIN
    SELECT min(due_at) INTO earliest FROM saved WHERE status = 'scheduled';
    IF earliest IS NOT NULL AND NOT EXISTS (
        SELECT FROM schedules WHERE status = 'scheduled' AND due_at < earliest
            AND due_at > clock_timestamp())
    THEN
        PERFORM pg_notify('pontual_wake', '');
    END IF;
    RETURN NULL;
END $$;

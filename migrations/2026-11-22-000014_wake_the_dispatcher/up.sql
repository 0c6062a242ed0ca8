-- Whoever makes the next due moment earlier wakes every dispatcher, at commit. An earlier schedule
-- spares the notice only if it is due after any transaction's time-out: one that fires while this
-- transaction is still open would hide what it saves. The bound is a variable, so that an index serves.
CREATE FUNCTION wake_the_dispatcher() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    earliest timestamptz;
    surely_ahead timestamptz := clock_timestamp() + interval '30 seconds';
BEGIN
    SELECT min(due_at) INTO earliest FROM saved WHERE status = 'scheduled';
    IF earliest IS NOT NULL AND NOT EXISTS (
        SELECT FROM schedules WHERE status = 'scheduled' AND due_at < earliest AND due_at > surely_ahead)
    THEN
        PERFORM pg_notify('pontual_wake', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER schedules_wake_on_insert AFTER INSERT ON schedules
    REFERENCING NEW TABLE AS saved FOR EACH STATEMENT EXECUTE FUNCTION wake_the_dispatcher();

CREATE FUNCTION wake_the_dispatcher_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('pontual_wake', '');
    RETURN NULL;
END $$;
CREATE TRIGGER schedules_wake_on_update AFTER UPDATE OF due_at ON schedules
    FOR EACH ROW WHEN (NEW.status = 'scheduled' AND NEW.due_at < OLD.due_at)
    EXECUTE FUNCTION wake_the_dispatcher_now();

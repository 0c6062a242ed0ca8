-- Two faults of the first version: an earlier schedule that fires while the transaction of a later
-- one is still open hid it from the dispatcher until the slow poll, so that only one due after any
-- transaction's time-out may spare the notice; and clock_timestamp() in the condition made it read all
-- overdue rows, for an index cannot use it.
CREATE OR REPLACE FUNCTION wake_the_dispatcher() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP TRIGGER schedules_wake_on_update ON schedules;
DROP TRIGGER schedules_wake_on_insert ON schedules;
DROP FUNCTION wake_the_dispatcher_now;
DROP FUNCTION wake_the_dispatcher;

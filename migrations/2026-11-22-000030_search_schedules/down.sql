DROP TRIGGER schedules_change_texts ON schedules;
DROP FUNCTION change_schedule_texts();
DROP TRIGGER schedules_add_texts ON schedules;
DROP FUNCTION add_schedule_texts();
DROP TABLE schedule_texts;

DROP TABLE schedules;
DROP FUNCTION keep_final_schedule;

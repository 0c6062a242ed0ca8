ALTER TABLE schedules DROP COLUMN rescheduled_from;

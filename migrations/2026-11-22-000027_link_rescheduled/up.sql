-- A final schedule that was planned anew; each new one names it.
ALTER TABLE schedules ADD COLUMN rescheduled_from bigint REFERENCES schedules;
CREATE INDEX schedules_rescheduled_from ON schedules (rescheduled_from, id) WHERE rescheduled_from IS NOT NULL;

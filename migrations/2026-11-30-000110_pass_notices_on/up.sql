-- Who had been told of the schedule and left without having read it: this entry tells somebody else instead.
ALTER TABLE notifications ADD COLUMN passed_on_by bigint REFERENCES users;

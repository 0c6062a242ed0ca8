-- What is pending or open at one attendant or department, among all that ever was.
CREATE INDEX schedules_pending_of_attendant ON schedules (attendant_id, due_at, id) WHERE status = 'scheduled';
CREATE INDEX schedules_pending_of_department ON schedules (department_id, due_at, id) WHERE status = 'scheduled';
CREATE INDEX tickets_open_of_attendant ON tickets (attendant_id, id) WHERE status = 'open';
CREATE INDEX tickets_open_of_department ON tickets (department_id, id) WHERE status = 'open';

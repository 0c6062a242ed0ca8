-- What the list is narrowed to, in the order in which it is read.
CREATE INDEX schedules_of_department ON schedules (department_id, due_at, id);
CREATE INDEX schedules_of_creator ON schedules (created_by, due_at, id);
CREATE INDEX schedules_of_person ON schedules (person_id, due_at, id) WHERE person_id IS NOT NULL;

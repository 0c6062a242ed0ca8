-- What the list is narrowed to: each tab reads its page, and counts, in one stretch of an index.
CREATE INDEX schedules_of_department ON schedules (department_id, status, due_at, id);
-- The queue counts as attendant 0: of what IS NULL, an index does not promise the order.
CREATE INDEX schedules_of_attendant_or_queue ON schedules (coalesce(attendant_id, 0), status, due_at, id);
CREATE INDEX schedules_of_creator ON schedules (created_by, status, due_at, id);
CREATE INDEX schedules_of_action ON schedules (action, status, due_at, id);
-- Whose schedules a search by a person's name finds.
CREATE INDEX schedules_of_person ON schedules (person_id) WHERE person_id IS NOT NULL;

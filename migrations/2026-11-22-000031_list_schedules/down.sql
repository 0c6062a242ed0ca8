DROP INDEX schedules_of_person;
DROP INDEX schedules_of_action;
DROP INDEX schedules_of_creator;
DROP INDEX schedules_of_attendant_or_queue;
DROP INDEX schedules_of_department;

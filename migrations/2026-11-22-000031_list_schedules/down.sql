DROP INDEX schedules_of_person;
DROP INDEX schedules_of_creator;
DROP INDEX schedules_of_department;

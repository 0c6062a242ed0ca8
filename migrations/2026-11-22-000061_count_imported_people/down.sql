ALTER TABLE imports DROP COLUMN new_people_of_known, DROP COLUMN new_people;

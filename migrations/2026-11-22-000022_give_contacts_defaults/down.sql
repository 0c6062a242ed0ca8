ALTER TABLE contacts DROP COLUMN default_department_id, DROP COLUMN default_attendant_id, DROP COLUMN anonymised_at;

DROP TABLE departments;
DROP FUNCTION announce_changed_choices;

DROP TRIGGER departments_announce_choices ON departments;
DROP TRIGGER users_announce_choices ON users;
DROP FUNCTION announce_changed_choices();

DROP TRIGGER role_permissions_forget_told ON role_permissions;
DROP TABLE department_members;
DROP TABLE users;
DROP FUNCTION announce_changed_rights;
DROP FUNCTION forget_what_other_role_was_told;
DROP FUNCTION forget_what_role_was_told;
DROP FUNCTION forget_what_member_was_told;
DROP FUNCTION keep_an_active_administrator;

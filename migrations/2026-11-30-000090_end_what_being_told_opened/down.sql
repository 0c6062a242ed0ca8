DROP TRIGGER users_forget_told ON users;
DROP FUNCTION forget_what_other_role_was_told;
DROP TRIGGER role_permissions_forget_told ON role_permissions;
DROP FUNCTION forget_what_role_was_told;
DROP TRIGGER department_members_forget_told ON department_members;
DROP FUNCTION forget_what_member_was_told;
ALTER TABLE users DROP COLUMN told_since;

DROP TABLE role_permissions;
DROP TABLE roles;
DROP FUNCTION keep_administrator_role;

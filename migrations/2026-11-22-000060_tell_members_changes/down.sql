DROP INDEX audit_of_member;

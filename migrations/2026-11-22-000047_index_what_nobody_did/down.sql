DROP INDEX audit_by_nobody;

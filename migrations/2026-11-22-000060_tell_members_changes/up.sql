-- The history of an account also holds in which departments it came and went, which the audit tells of
-- the department.
CREATE INDEX audit_of_member ON audit ((details ->> 'user_id'))
    WHERE action IN ('department.member_added', 'department.member_removed');

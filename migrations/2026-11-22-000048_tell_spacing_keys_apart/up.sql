-- Keys of two scopes never meet, so that a change of the scope can rewrite one pending schedule after
-- the other: in the first eight bits what it is counted in, in the rest the id.
CREATE FUNCTION spacing_key(scope text, department bigint, attendant bigint, contact bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE scope
        WHEN 'platform' THEN 0
        WHEN 'department' THEN (1::bigint << 56) + department
        WHEN 'attendant' THEN coalesce((2::bigint << 56) + attendant, (3::bigint << 56) + department)
        ELSE (4::bigint << 56) + contact END;

UPDATE schedules SET spacing_key = spacing_key(
       (SELECT spacing_scope FROM settings), department_id, attendant_id, contact_id)
 WHERE status = 'scheduled' AND (SELECT spacing_scope FROM settings) <> 'platform';

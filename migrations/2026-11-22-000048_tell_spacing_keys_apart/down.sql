UPDATE schedules SET spacing_key = CASE spacing_key >> 56 WHEN 1 THEN department_id WHEN 2 THEN attendant_id
       WHEN 3 THEN -department_id ELSE contact_id END
 WHERE status = 'scheduled' AND spacing_key <> 0;

DROP FUNCTION spacing_key;

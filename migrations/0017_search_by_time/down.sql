DROP TRIGGER schedules_change_texts ON schedules;
CREATE TRIGGER schedules_change_texts AFTER UPDATE OF comment, message, contact_id, person_id ON schedules
    FOR EACH ROW WHEN ((NEW.comment, NEW.message, NEW.contact_id, NEW.person_id)
                       IS DISTINCT FROM (OLD.comment, OLD.message, OLD.contact_id, OLD.person_id))
    EXECUTE FUNCTION change_schedule_texts();

CREATE OR REPLACE FUNCTION renew_schedule_texts(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE schedule_texts x SET search = t.search
      FROM texts_of_schedules(ids) t WHERE x.schedule_id = t.schedule_id AND x.search <> t.search
$$;

DROP FUNCTION texts_of_schedules;
CREATE FUNCTION texts_of_schedules(ids bigint[]) RETURNS TABLE (schedule_id bigint, search text)
LANGUAGE sql STABLE AS $$
    SELECT s.id, concat_ws(' ', c.search, cp.search, sp.search, searchable(s.comment || ' ' || s.message))
      FROM schedules s
      JOIN contacts c ON c.id = s.contact_id
      LEFT JOIN people cp ON cp.id = c.person_id
      LEFT JOIN people sp ON sp.id = s.person_id AND sp.id IS DISTINCT FROM c.person_id
     WHERE s.id = ANY (ids)
$$;

DROP INDEX schedule_texts_search;
ALTER TABLE schedule_texts DROP COLUMN week;
CREATE INDEX schedule_texts_search ON schedule_texts USING gin (search gin_trgm_ops);

DROP FUNCTION search_block;
DROP FUNCTION search_week;
DROP EXTENSION btree_gin;

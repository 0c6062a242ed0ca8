-- A search reads the trigrams of one week, or of one block of ids, after another, in the order of the list, until it has
-- a page. Without this it read those of all schedules, however many it found.
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- The number of the week since 1970. It begins on a Thursday in UTC, which is of no importance here.
CREATE FUNCTION search_week(at timestamptz) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN floor(extract(epoch FROM at - timestamptz '1970-01-01 00:00:00+00') / 604800)::int;

-- 16,384 schedules that were saved one after the other: their ids without the last 14 bits.
CREATE FUNCTION search_block(schedule_id bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN schedule_id >> 14;

ALTER TABLE schedule_texts ADD COLUMN week int;
UPDATE schedule_texts x SET week = search_week(s.due_at) FROM schedules s WHERE s.id = x.schedule_id;
ALTER TABLE schedule_texts ALTER COLUMN week SET NOT NULL;

DROP INDEX schedule_texts_search;
CREATE INDEX schedule_texts_search
    ON schedule_texts USING gin (week, (search_block(schedule_id)), search gin_trgm_ops);

DROP FUNCTION texts_of_schedules;
CREATE FUNCTION texts_of_schedules(ids bigint[]) RETURNS TABLE (schedule_id bigint, search text, week int)
LANGUAGE sql STABLE AS $$
    SELECT s.id, concat_ws(' ', c.search, cp.search, sp.search, searchable(s.comment || ' ' || s.message)),
           search_week(s.due_at)
      FROM schedules s
      JOIN contacts c ON c.id = s.contact_id
      LEFT JOIN people cp ON cp.id = c.person_id
      LEFT JOIN people sp ON sp.id = s.person_id AND sp.id IS DISTINCT FROM c.person_id
     WHERE s.id = ANY (ids)
$$;

CREATE OR REPLACE FUNCTION renew_schedule_texts(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE schedule_texts x SET search = t.search, week = t.week
      FROM texts_of_schedules(ids) t
     WHERE x.schedule_id = t.schedule_id AND (x.search, x.week) <> (t.search, t.week)
$$;

DROP TRIGGER schedules_change_texts ON schedules;
CREATE TRIGGER schedules_change_texts
    AFTER UPDATE OF comment, message, contact_id, person_id, due_at ON schedules
    FOR EACH ROW WHEN ((NEW.comment, NEW.message, NEW.contact_id, NEW.person_id, search_week(NEW.due_at))
                       IS DISTINCT FROM
                       (OLD.comment, OLD.message, OLD.contact_id, OLD.person_id, search_week(OLD.due_at)))
    EXECUTE FUNCTION change_schedule_texts();

-- The last step creates the dropped objects again from these definitions.
CREATE TEMPORARY TABLE set_aside (place int, dropping text, making text) ON COMMIT DROP;
INSERT INTO set_aside
WITH large AS (
    SELECT unnest(ARRAY['schedules', 'schedule_texts', 'schedule_deliveries', 'tickets', 'messages', 'notifications', 'schedule_history', 'audit']::regclass[]) AS id
)
SELECT 1, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
  FROM pg_index WHERE indrelid IN (SELECT id FROM large)
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL
SELECT 2, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT id FROM large);
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT dropping FROM set_aside ORDER BY place LOOP EXECUTE one.dropping; END LOOP;
END $$;

DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT making FROM set_aside ORDER BY place LOOP EXECUTE one.making; END LOOP;
END $$;

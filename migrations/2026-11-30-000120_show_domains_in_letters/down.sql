-- The address in letters means the same as the one before.
SELECT 1;

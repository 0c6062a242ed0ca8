-- Who belonged to whom is not known any more.
SELECT 1;

-- The sequence of protocols belongs to the table and goes with it.
DROP TABLE tickets;
DROP FUNCTION keep_closed_ticket;

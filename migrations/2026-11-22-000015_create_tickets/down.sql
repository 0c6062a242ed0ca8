DROP TABLE tickets;
DROP FUNCTION keep_closed_ticket;

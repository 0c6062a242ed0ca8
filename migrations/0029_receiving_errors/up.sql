-- Why mail cannot be fetched, and since when. Apart from the error of sending: one may work while the other does not.
ALTER TABLE channel_states
    ADD COLUMN receiving_failing_since timestamptz,
    ADD COLUMN receiving_error text NOT NULL DEFAULT '' CHECK (length(receiving_error) <= 500);

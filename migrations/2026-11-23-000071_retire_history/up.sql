-- The history of a schedule that ended long ago need not be kept for ever.
ALTER TABLE retention
    ADD COLUMN history_months integer NOT NULL DEFAULT 60 CHECK (history_months BETWEEN 12 AND 240),
    ADD COLUMN history_gone_before timestamptz NOT NULL DEFAULT '-infinity';

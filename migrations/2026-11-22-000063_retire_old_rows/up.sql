-- How long what piles up is kept, and before when some of it may be gone already.
CREATE TABLE retention (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    notification_days integer NOT NULL DEFAULT 180 CHECK (notification_days BETWEEN 7 AND 3650),
    audit_months integer NOT NULL DEFAULT 60 CHECK (audit_months BETWEEN 12 AND 240),
    notifications_gone_before timestamptz NOT NULL DEFAULT '-infinity',
    audit_gone_before timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO retention DEFAULT VALUES;

-- Of the audit, what is older than it must be kept may go, once that is written down; nothing younger,
-- whoever asks, and at least a year of it stays whatever the settings say.
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.at < (SELECT least(audit_gone_before, now() - make_interval(months => audit_months),
                                  now() - interval '12 months') FROM retention) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit rows cannot be changed' USING ERRCODE = 'restrict_violation';
END $$;

-- One installation serves one company, so this table has exactly one row.
CREATE TABLE settings (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    company_name text NOT NULL DEFAULT 'Central de Atendimento' CHECK (company_name <> ''),
    time_zone text NOT NULL DEFAULT 'America/Sao_Paulo',
    -- The smallest distance between two schedules, and which schedules keep it from each other.
    spacing_minutes integer NOT NULL DEFAULT 6 CHECK (spacing_minutes BETWEEN 0 AND 1440),
    spacing_scope text NOT NULL DEFAULT 'platform'
        CHECK (spacing_scope IN ('platform', 'department', 'attendant', 'contact')),
    -- A schedule that is later than this fails as expired.
    late_tolerance_minutes integer NOT NULL DEFAULT 60 CHECK (late_tolerance_minutes BETWEEN 0 AND 10080),
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO settings DEFAULT VALUES;

-- How long old rows are kept. The columns "gone before" say which rows may already be deleted: the sweeper writes
-- them before it deletes. This table too has exactly one row.
CREATE TABLE retention (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    notification_days integer NOT NULL DEFAULT 180 CHECK (notification_days BETWEEN 7 AND 3650),
    audit_months integer NOT NULL DEFAULT 60 CHECK (audit_months BETWEEN 12 AND 240),
    notifications_gone_before timestamptz NOT NULL DEFAULT '-infinity',
    audit_gone_before timestamptz NOT NULL DEFAULT '-infinity',
    -- The history of schedules that ended.
    history_months integer NOT NULL DEFAULT 60 CHECK (history_months BETWEEN 12 AND 240),
    history_gone_before timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO retention DEFAULT VALUES;

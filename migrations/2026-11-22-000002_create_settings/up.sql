-- One installation is one company: exactly one row.
CREATE TABLE settings (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    company_name text NOT NULL DEFAULT 'Central de Atendimento' CHECK (company_name <> ''),
    time_zone text NOT NULL DEFAULT 'America/Sao_Paulo',
    spacing_minutes integer NOT NULL DEFAULT 6 CHECK (spacing_minutes BETWEEN 0 AND 1440),
    spacing_scope text NOT NULL DEFAULT 'platform'
        CHECK (spacing_scope IN ('platform', 'department', 'attendant', 'contact')),
    late_tolerance_minutes integer NOT NULL DEFAULT 60 CHECK (late_tolerance_minutes BETWEEN 0 AND 10080),
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO settings DEFAULT VALUES;

-- The variables of a schedule's message, such as {{nome}}. src/schedules/variables.rs refuses unknown ones when a
-- schedule is saved; these functions fill them, for the preview in the form and when the schedule is due.

-- Fills each variable by its value in `filled`, an object of names and texts. One pass: a value that looks like a
-- variable is not filled again. What is unknown or has no value is left as it stands. The result is cut to what a
-- message may hold; the form has checked that this does not happen with the longest names that forms accept.
--
-- A piece is a variable, or one character with everything up to the next brace. With the collation C, case means
-- ASCII letters only, as for the parser.
CREATE FUNCTION fill_variables(template text, filled jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(
               left(string_agg(coalesce(filled ->> lower(piece.found[2]), piece.found[1]), '' ORDER BY piece.place),
                    4096),
               '')
      FROM regexp_matches(
               template COLLATE "C",
               '(\{\{ *(nome|primeiro_nome|empresa|atendente|data|hora|protocolo) *\}\}|.[^{]*)', 'gi')
           WITH ORDINALITY AS piece (found, place)
$$;

-- Date and time on the clocks of a zone. The settings accept only zones that PostgreSQL knows. If a later version of
-- PostgreSQL has dropped one, a message must still be sent: then these are the clocks of São Paulo.
CREATE FUNCTION on_clocks_of(zone text, moment timestamptz) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN moment AT TIME ZONE zone;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN moment AT TIME ZONE 'America/Sao_Paulo';
END $$;

-- The values of all variables. Without an active attendant, {{atendente}} is the department. What is not known yet is
-- NULL: no contact is chosen, no time, the ticket has no number.
CREATE FUNCTION message_variables(
    contact bigint, department bigint, attendant bigint, moment timestamptz, protocol text
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
               'nome', c.name,
               'primeiro_nome', coalesce(substring(c.name FROM '\S+'), c.name),
               'empresa', settings.company_name,
               'atendente', coalesce(u.name, d.name),
               'data', to_char(clocks.shown, 'DD/MM/YYYY'),
               'hora', to_char(clocks.shown, 'HH24:MI'),
               'protocolo', protocol)
      FROM settings
      CROSS JOIN LATERAL (SELECT on_clocks_of(settings.time_zone, moment) AS shown) clocks
      LEFT JOIN contacts c ON c.id = contact
      LEFT JOIN departments d ON d.id = department
      LEFT JOIN users u ON u.id = attendant AND u.deactivated_at IS NULL
$$;

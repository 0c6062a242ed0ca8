-- Computes key and gap from the company's setting. The constraint compares the stored values, so wrong stored
-- values could hide two schedules that are too close.
WITH rule AS (
    SELECT spacing_scope AS scope,
           make_interval(mins => CASE spacing_minutes WHEN 0 THEN 0 ELSE spacing_minutes / 2 + 1 END) AS gap
      FROM settings
),
pending AS (
    SELECT s.id, s.due_at, s.spacing_key, s.min_gap, s.spacing_exempt, rule.gap,
           spacing_key(rule.scope, s.department_id, s.attendant_id, s.contact_id) AS key
      FROM schedules s CROSS JOIN rule
     WHERE s.status = 'scheduled'
)
SELECT 'schedule' AS subject, id
  FROM pending WHERE (spacing_key, min_gap) <> (key, gap)
UNION
SELECT 'schedule', id
  FROM (SELECT id, due_at, gap, lead(due_at) OVER (PARTITION BY key ORDER BY due_at, id) AS next_due_at
          FROM pending WHERE NOT spacing_exempt) AS spaced
 WHERE next_due_at < due_at + gap

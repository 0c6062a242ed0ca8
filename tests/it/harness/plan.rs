//! Schedules inserted directly, so that they can be due at once, together with the rows that the form would have
//! written. A schedule that is too close to another is exempt from the spacing.

use super::{Company, Database};

#[derive(Clone, Debug)]
pub struct Plan {
    pub contact: i64,
    pub department: i64,
    pub attendant: Option<i64>,
    pub creator: Option<i64>,
    pub action: &'static str,
    pub message: &'static str,
    /// An SQL interval from now.
    pub due_in: &'static str,
}

impl Plan {
    /// A schedule for Marina with Bruno of "Suporte" as the attendant, created by the administrator, due a second ago.
    pub fn new(company: &Company, action: &'static str) -> Self {
        Self {
            contact: company.marina,
            department: company.support,
            attendant: Some(company.bruno),
            creator: Some(company.administrator),
            action,
            message: if action == "notify" { "" } else { "Bom dia!" },
            due_in: "-1 second",
        }
    }

    /// Saves the schedule and returns its id.
    pub fn save(&self, database: &Database) -> i64 {
        let Self { contact, department, action, message, due_in, .. } = self;
        let or_null = |id: Option<i64>| id.map_or("NULL".to_owned(), |id| id.to_string());
        let (attendant, creator) = (or_null(self.attendant), or_null(self.creator));
        database.number(&format!(
            "WITH place AS (
                SELECT spacing_key(spacing_scope, {department}, {attendant}, {contact}) AS key,
                       make_interval(mins => CASE spacing_minutes WHEN 0 THEN 0 ELSE spacing_minutes / 2 + 1 END) AS gap
                  FROM settings),
            saved AS (
                INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local,
                    due_zone, message, comment, created_by, spacing_key, min_gap, spacing_exempt)
                SELECT {contact}, {department}, {attendant}, '{action}', now() + '{due_in}', now(), 'UTC',
                       '{message}', 'Cobrar retorno', {creator}, key, gap,
                       EXISTS (SELECT FROM schedules near WHERE near.status = 'scheduled' AND near.spacing_key = key
                                  AND near.due_at > now() + '{due_in}' - gap AND near.due_at < now() + '{due_in}' + gap)
                  FROM place RETURNING id),
            recorded AS (INSERT INTO schedule_history (schedule_id, kind, actor_id)
                SELECT id, 'created', {creator} FROM saved),
            audited AS (INSERT INTO audit (action, subject_id, actor_id)
                SELECT 'schedule.created', id, {creator} FROM saved)
            SELECT id AS value FROM saved"
        ))
    }
}

//! Entries of the bell, as the dispatcher writes them.

use super::Database;

/// A finished schedule, and the user whom it notified.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub user: i64,
    pub contact: i64,
    pub attendant: i64,
    pub action: &'a str,
    pub comment: &'a str,
    pub message: &'a str,
    /// Why it failed, if it did.
    pub failure: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// A reminder to `user` about `contact`.
    pub fn reminder(user: i64, contact: i64, comment: &'a str) -> Self {
        Self { user, contact, attendant: user, action: "notify", comment, message: "", failure: None }
    }

    /// Writes both rows and returns the notification's id, without NOTIFY.
    pub fn write(self, database: &Database) -> i64 {
        let Self { user, contact, attendant, action, comment, message, failure } = self;
        let (status, reason) = match failure {
            Some(reason) => ("failed", format!("'{reason}'")),
            None => ("completed", "NULL".into()),
        };
        database.number(&format!(
            "WITH fired AS (
                INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                                       message, comment, status, failure_reason, finished_at)
                VALUES ({contact}, 101, {attendant}, '{action}', now(), localtimestamp, 'America/Sao_Paulo',
                        '{message}', '{comment}', '{status}', {reason}, now()) RETURNING id)
             INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
             SELECT {user}, 'schedule_{status}', id, {contact} FROM fired RETURNING id AS value"
        ))
    }
}

//! Queries for live events: who may see what. They are SQL text, because they answer for many records in one
//! statement and share conditions with other statements.

use std::collections::HashSet;

use diesel::pg::PgConnection;
use uuid::Uuid;

use crate::auth::sessions::{IDLE_HOURS, LONGEST_DAYS};
use crate::contacts::HAS_CHAT;
use crate::conversations::chat::ACCESS_IS_VALID;
use crate::conversations::readers::{ATTENDS, NOTIFICATION_GRANTS_ACCESS, READS_EVERY_CONVERSATION};
use crate::db::{self, prepared};
use crate::error::Result;
use crate::ids::{ContactId, CustomerAccessId, DepartmentId, ScheduleId, UserId};
use crate::schedules::{READS_ALL, USERS_OF_SCHEDULE};

db::row! {
    /// What a signed-in user may see.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Rights {
        pub user: UserId,
        pub reads_all_schedules: bool,
        pub reads_all_conversations: bool,
        /// Attends tickets, and may therefore read the conversations of their departments and of their own
        /// tickets.
        pub attends: bool,
        pub departments: Vec<DepartmentId>,
    }
}

/// The rights of those of `among` who are active and signed in.
pub fn rights(conn: &mut PgConnection, among: &[UserId]) -> Result<Vec<Rights>> {
    let rights = prepared(format!(
        "SELECT u.id AS user, {READS_ALL} AS reads_all_schedules,
                {READS_EVERY_CONVERSATION} AS reads_all_conversations, {ATTENDS} AS attends,
                ARRAY(SELECT department_id FROM department_members m WHERE m.user_id = u.id) AS departments
           FROM unnest($1) AS asked (user_id) JOIN users u ON u.id = asked.user_id
           JOIN roles r ON r.id = u.role_id
          WHERE u.deactivated_at IS NULL AND EXISTS (
             SELECT FROM sessions s WHERE s.user_id = u.id
                AND s.seen_at > now() - make_interval(hours => $2)
                AND s.created_at > now() - make_interval(days => $3))"
    ))
    .bind(among)
    .bind(IDLE_HOURS)
    .bind(LONGEST_DAYS);
    Ok(rights.load(conn)?)
}

/// Those of `sessions` that have not ended.
pub fn active_sessions(conn: &mut PgConnection, sessions: &[Uuid]) -> Result<HashSet<Uuid>> {
    // The builder has no make_interval.
    let ids: Vec<Uuid> = prepared(
        "SELECT id FROM sessions WHERE id = ANY($1) AND seen_at > now() - make_interval(hours => $2)
            AND created_at > now() - make_interval(days => $3)",
    )
    .bind(sessions)
    .bind(IDLE_HOURS)
    .bind(LONGEST_DAYS)
    .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// Those of `among` that still work, with their contacts.
pub fn open_accesses(
    conn: &mut PgConnection,
    among: &[CustomerAccessId],
) -> Result<Vec<(ContactId, CustomerAccessId)>> {
    // Made of the conditions in SQL that other statements share.
    Ok(prepared(format!(
        "SELECT a.contact_id, a.id FROM customer_accesses a JOIN contacts c ON {ACCESS_IS_VALID}
          WHERE a.id = ANY($1) AND {HAS_CHAT}"
    ))
    .bind(among)
    .load(conn)?)
}

db::row! {
    /// Who may read the conversation with a contact.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ConversationReaders {
        pub contact: ContactId,
        /// Departments that have or had a ticket of the contact.
        pub departments: Vec<DepartmentId>,
        /// Users who attend or attended a ticket of the contact.
        pub attendants: Vec<UserId>,
        /// Users who may read because of a notification about the contact.
        pub notified: Vec<UserId>,
    }
}

/// Who may read the conversations with `contacts`, by the rules of `conversations::readers`.
pub fn conversation_readers(
    conn: &mut PgConnection,
    contacts: &[ContactId],
) -> Result<Vec<ConversationReaders>> {
    let conversation_readers = prepared(format!(
        "SELECT asked.contact_id AS contact,
                ARRAY(SELECT DISTINCT department_id FROM tickets t WHERE t.contact_id = asked.contact_id) AS departments,
                ARRAY(SELECT DISTINCT attendant_id FROM tickets t
                       WHERE t.contact_id = asked.contact_id AND attendant_id IS NOT NULL) AS attendants,
                ARRAY(SELECT DISTINCT notice.user_id FROM notifications notice JOIN users u ON u.id = notice.user_id
                       WHERE notice.contact_id = asked.contact_id AND {NOTIFICATION_GRANTS_ACCESS}) AS notified
           FROM unnest($1) AS asked (contact_id)"
    ));
    Ok(conversation_readers.bind(contacts).load(conn)?)
}

db::row! {
    /// The schedules that a user attends or was notified about.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OwnSchedules {
        pub user: UserId,
        pub schedules: Vec<ScheduleId>,
    }
}

/// The users who attend `schedules` or were notified about them.
pub fn owners(conn: &mut PgConnection, schedules: &[ScheduleId]) -> Result<Vec<OwnSchedules>> {
    let owners = prepared(format!(
        "SELECT concerned.user_id AS user, array_agg(DISTINCT concerned.schedule_id) AS schedules
           FROM unnest($1) AS asked (schedule_id) CROSS JOIN LATERAL (
                SELECT c.schedule_id, c.user_id FROM {USERS_OF_SCHEDULE} AS c WHERE c.schedule_id = asked.schedule_id
           ) AS concerned WHERE concerned.user_id IS NOT NULL GROUP BY concerned.user_id"
    ));
    Ok(owners.bind(schedules).load(conn)?)
}

//! Who may read a conversation. The rule is written only here: pages, files, the bell and live events use it.
//!
//! Users who attend all tickets read every conversation. Users who attend tickets read those of contacts that
//! have or had a ticket in one of their departments, or one of their own. Users who are notified of a
//! schedule read the conversation of its contact while the notification is in their bell (see
//! [`NOTIFICATION_GRANTS_ACCESS`]).

use diesel::pg::PgConnection;

use crate::auth::{Account, Permission};
use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, DepartmentId, UserId};
use crate::tickets::{Ticket, may_attend};

/// SQL condition: role `r` reads every conversation.
pub const READS_EVERY_CONVERSATION: &str = "(r.is_administrator OR EXISTS (SELECT FROM role_permissions p
    WHERE p.role_id = r.id AND p.permission = 'tickets_all'))";

/// SQL condition: role `r` attends the tickets of its members and of their departments.
pub const ATTENDS: &str =
    "EXISTS (SELECT FROM role_permissions p WHERE p.role_id = r.id AND p.permission = 'tickets')";

/// SQL condition: notification `notice` lets its recipient `u` read the contact's conversation. It does so
/// while it is in the bell, for at most 30 days, and until `u` loses a department or a permission.
///
/// A notification about a message that no schedule sent gives no access. Users cannot get access by their own
/// actions. In the rules below, `u` also means the user who gave `u` access (`let_in_by`). These notifications do
/// not count:
///
/// - of a schedule that `u` created, changed or fired (a recalculated spacing exemption does not count);
/// - of a schedule whose attendant `u` deactivated;
/// - that were passed on from a user whom `u` deactivated, edited, or removed from the schedule's department.
///
/// The subqueries read single rows by index. A join would read whole tables.
pub const NOTIFICATION_GRANTS_ACCESS: &str = "(notice.schedule_id IS NOT NULL AND notice.removed_at IS NULL AND notice.created_at > greatest(u.told_since, now() - interval '30 days')
    AND coalesce((SELECT false FROM schedule_history h
                   WHERE h.schedule_id = notice.schedule_id AND h.actor_id IN (u.id, u.let_in_by)
                     AND (h.details -> 'fields') IS DISTINCT FROM '[\"spacing_exempt\"]'::jsonb LIMIT 1), true)
    AND coalesce((SELECT false FROM audit a
                   WHERE a.action = 'user.deactivated' AND a.actor_id IN (u.id, u.let_in_by)
                     AND a.subject_id = (SELECT s.attendant_id FROM schedules s WHERE s.id = notice.schedule_id)
                   LIMIT 1), true)
    AND (notice.passed_on_by IS NULL
      OR coalesce((SELECT false FROM audit a
                    WHERE a.action IN ('user.deactivated', 'user.edited') AND a.actor_id IN (u.id, u.let_in_by)
                      AND a.subject_id = notice.passed_on_by LIMIT 1), true)
     AND coalesce((SELECT false FROM audit a
                    WHERE a.action = 'department.member_removed' AND a.actor_id IN (u.id, u.let_in_by)
                      AND a.subject_id = (SELECT s.department_id FROM schedules s WHERE s.id = notice.schedule_id)
                      AND a.details ->> 'user_id' = notice.passed_on_by::text LIMIT 1), true)))";

/// SQL condition: user `u` with role `r` may read the conversation of the contact whose id is the SQL
/// expression `contact`.
pub fn may_read(contact: &str) -> String {
    format!(
        "({READS_EVERY_CONVERSATION}
          OR ({ATTENDS} AND EXISTS (SELECT FROM tickets t WHERE t.contact_id = {contact} AND (t.attendant_id = u.id
              OR t.department_id IN (SELECT department_id FROM department_members m WHERE m.user_id = u.id))))
          OR EXISTS (SELECT FROM notifications notice WHERE notice.contact_id = {contact} AND notice.user_id = u.id AND {NOTIFICATION_GRANTS_ACCESS}))"
    )
}

/// The users in `among` who may read the conversation with `contact`.
pub fn readers(conn: &mut PgConnection, contact: ContactId, among: &[UserId]) -> Result<Vec<UserId>> {
    let pairs = readers_of_each(conn, &[contact], among)?;
    Ok(pairs.into_iter().map(|(_, user)| user).collect())
}

/// Like `readers`, for several contacts in one statement.
pub fn readers_of_each(
    conn: &mut PgConnection,
    contacts: &[ContactId],
    among: &[UserId],
) -> Result<Vec<(ContactId, UserId)>> {
    // SQL text: the conditions above are shared as text.
    Ok(db::prepared(format!(
        "SELECT asked.contact_id, u.id
           FROM unnest($1) AS asked (contact_id) CROSS JOIN users u JOIN roles r ON r.id = u.role_id
          WHERE u.id = ANY($2) AND u.deactivated_at IS NULL AND {}",
        may_read("asked.contact_id")
    ))
    .bind(contacts)
    .bind(among)
    .load(conn)?)
}

/// Whether `viewer` serves a contact whose newest ticket is `newest`: it is theirs, or of one of their
/// departments. Before the first ticket, those who attend the department in which it will wait serve the
/// contact. Only users who serve the contact see the customer's link, because anyone who has it reads and
/// writes as the customer.
pub fn serves(viewer: &Account, newest: Option<&Ticket>, default_department: DepartmentId) -> bool {
    match newest {
        Some(ticket) => may_attend(viewer, &ticket.core),
        None => {
            viewer.may(Permission::TicketsAll)
                || (viewer.may(Permission::Tickets) && viewer.departments.contains(&default_department))
        }
    }
}

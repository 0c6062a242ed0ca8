//! SQL of handing over: the work of an attendant or department, and who could take it over.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, DepartmentId, NotificationId, ScheduleId, TicketId, UserId};
use crate::schema::{contacts, department_members, users};
use crate::users::CHOICE_LABEL;

/// Who or what leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkOwner<'a> {
    Attendant(UserId),
    /// An attendant who leaves only these departments.
    Member(UserId, &'a [DepartmentId]),
    Department(DepartmentId),
}

impl WorkOwner<'_> {
    /// The SQL condition on `row` for work of the owner, and the id for its `$1`.
    fn condition_and_id(self, row: &str) -> (String, i64) {
        match self {
            Self::Attendant(id) => (format!("{row}.attendant_id = $1"), id.0),
            Self::Member(id, departments) => {
                let ids: Vec<String> = departments.iter().map(DepartmentId::to_string).collect();
                let of_them = format!("{row}.department_id = ANY('{{{}}}')", ids.join(","));
                (format!("{row}.attendant_id = $1 AND {of_them}"), id.0)
            }
            Self::Department(id) => (format!("{row}.department_id = $1"), id.0),
        }
    }
}

db::row! {
    /// A pending schedule.
    #[derive(Clone, Debug)]
    pub struct PendingSchedule {
        pub id: ScheduleId,
        pub contact: String,
        pub due_at: DateTime<Utc>,
    }
}

db::row! {
    /// An open ticket.
    #[derive(Clone, Debug)]
    pub struct OpenTicket {
        pub id: TicketId,
        pub protocol: i64,
        pub department_id: DepartmentId,
        pub contact: String,
    }
}

/// The number of schedules and tickets, and the first of each.
#[derive(Clone, Debug)]
pub struct OpenWork {
    pub schedules: i64,
    pub tickets: i64,
    pub next_schedules: Vec<PendingSchedule>,
    pub first_tickets: Vec<OpenTicket>,
}

/// Maximum shown of each.
const EXAMPLE_LIMIT: i64 = 5;

/// The work of `owner`.
pub fn open_work(conn: &mut PgConnection, owner: WorkOwner<'_>) -> Result<OpenWork> {
    // As SQL text: the condition depends on the owner.
    let (of_schedules, id) = owner.condition_and_id("s");
    let (of_tickets, _) = owner.condition_and_id("t");
    let (schedules, tickets) = db::replanned(format!(
        "SELECT (SELECT count(*) FROM schedules s WHERE {of_schedules} AND status = 'scheduled'),
                (SELECT count(*) FROM tickets t WHERE {of_tickets} AND status = 'open')"
    ))
    .bind(id)
    .get_result(conn)?;
    let next_schedules = db::replanned(format!(
        "SELECT s.id, c.name AS contact, s.due_at FROM schedules s JOIN contacts c ON c.id = s.contact_id
          WHERE {of_schedules} AND s.status = 'scheduled' ORDER BY s.due_at, s.id LIMIT $2"
    ))
    .bind(id)
    .bind(EXAMPLE_LIMIT)
    .load(conn)?;
    let first_tickets = db::replanned(format!(
        "SELECT t.id, t.protocol, t.department_id, c.name AS contact
           FROM tickets t JOIN contacts c ON c.id = t.contact_id
          WHERE {of_tickets} AND t.status = 'open' ORDER BY t.id LIMIT $2"
    ))
    .bind(id)
    .bind(EXAMPLE_LIMIT)
    .load(conn)?;
    Ok(OpenWork { schedules, tickets, next_schedules, first_tickets })
}

db::row! {
    /// An attendant's work in one department.
    #[derive(Clone, Debug)]
    pub struct DepartmentWork {
        pub department_id: DepartmentId,
        pub department: String,
        pub schedules: i64,
        pub tickets: i64,
    }
}

/// Counts an attendant's pending schedules and open tickets by department, in all departments or in some.
pub fn work_by_department(
    conn: &mut PgConnection,
    user: UserId,
    within: Option<&[DepartmentId]>,
) -> Result<Vec<DepartmentWork>> {
    // As SQL text: joins grouped counts.
    Ok(db::replanned(
        "SELECT d.id AS department_id, d.name AS department,
                coalesce(s.count, 0) AS schedules, coalesce(t.count, 0) AS tickets
           FROM departments d
           LEFT JOIN (SELECT department_id, count(*) AS count FROM schedules
                       WHERE attendant_id = $1 AND status = 'scheduled' GROUP BY department_id) s
                  ON s.department_id = d.id
           LEFT JOIN (SELECT department_id, count(*) AS count FROM tickets
                       WHERE attendant_id = $1 AND status = 'open' GROUP BY department_id) t
                  ON t.department_id = d.id
          WHERE (s.count > 0 OR t.count > 0) AND ($2::bigint[] IS NULL OR d.id = ANY($2))
          ORDER BY d.position, d.id",
    )
    .bind(user)
    .bind(within)
    .load(conn)?)
}

db::row! {
    /// A user who could take over the work.
    #[derive(Clone, Debug)]
    pub struct Candidate {
        pub department_id: DepartmentId,
        pub id: UserId,
        pub name: String,
    }
}

/// Maximum attendants offered per department.
const CANDIDATE_LIMIT: i64 = 200;

/// The first other active attendants, by name, of each department where `user` has work.
pub fn candidates(conn: &mut PgConnection, user: UserId) -> Result<Vec<Candidate>> {
    // As SQL text: a lateral join.
    Ok(db::replanned(format!(
        "SELECT d.id AS department_id, other.id, other.name
           FROM departments d CROSS JOIN LATERAL (
                SELECT u.id, {CHOICE_LABEL} AS name, u.sort_name FROM department_members m JOIN users u ON u.id = m.user_id
                 WHERE m.department_id = d.id AND u.deactivated_at IS NULL AND u.id <> $1
                 ORDER BY u.sort_name, u.id LIMIT $2) other
          WHERE d.id IN (SELECT department_id FROM schedules WHERE attendant_id = $1 AND status = 'scheduled'
                   UNION SELECT department_id FROM tickets WHERE attendant_id = $1 AND status = 'open')
          ORDER BY other.sort_name, other.id",
    ))
    .bind(user)
    .bind(CANDIDATE_LIMIT)
    .load(conn)?)
}

/// Whether `user` is an active attendant of `department`. Locks both facts until the transaction ends.
pub fn attends(conn: &mut PgConnection, user: UserId, department: DepartmentId) -> Result<bool> {
    let found: Option<UserId> = users::table
        .inner_join(department_members::table)
        .filter(users::id.eq(user).and(users::deactivated_at.is_null()))
        .filter(department_members::department_id.eq(department))
        .select(users::id)
        .for_share()
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Locks these users until the transaction ends, in the order of their ids. Call it once with all of them:
/// otherwise two users who hand over work to each other at the same time would deadlock.
pub fn lock_users(conn: &mut PgConnection, ids: &[UserId]) -> Result<()> {
    users::table
        .filter(users::id.eq_any(ids))
        .order(users::id)
        .select(users::id)
        .for_no_key_update()
        .execute(conn)?;
    Ok(())
}

/// Maximum unread notifications that are passed on, newest first.
const PASS_ON_LIMIT: i64 = 500;

/// Locks the contacts that the unread notifications of `user` name, so that none is merged into another one meanwhile.
pub fn lock_contacts_of_unread(conn: &mut PgConnection, user: UserId) -> Result<()> {
    let mut locked: Vec<ContactId> = Vec::new();
    loop {
        // As SQL text: computes with the database's clock.
        let named: Vec<ContactId> = db::prepared(
            "SELECT DISTINCT contact_id FROM notifications
              WHERE user_id = $1 AND read_at IS NULL AND removed_at IS NULL
                AND created_at > now() - interval '7 days'",
        )
        .bind(user)
        .load(conn)?;
        // A merge that ended while this waited for the lock gave them another contact.
        if named.iter().all(|contact| locked.contains(contact)) {
            return Ok(());
        }
        let contacts = contacts::table.filter(contacts::id.eq_any(&named)).order(contacts::id);
        contacts.select(contacts::id).for_key_share().execute(conn)?;
        locked = named;
    }
}

/// Passes on the unread notifications of `user` from the last 7 days, about schedules in all departments or
/// in some. They go to the user who takes over in the department, else to all its other active attendants,
/// else to the administrators. Otherwise nobody would learn of a schedule that fired just before its attendant
/// left. Returns the first and the last of those that the others got.
pub fn pass_on_notifications(
    conn: &mut PgConnection,
    user: UserId,
    within: Option<&[DepartmentId]>,
    successors: &BTreeMap<DepartmentId, UserId>,
) -> Result<Option<(NotificationId, NotificationId)>> {
    let (departments, successors): (Vec<DepartmentId>, Vec<UserId>) =
        successors.iter().map(|(d, u)| (*d, *u)).unzip();
    // As SQL text: one statement chooses and writes.
    let (first, last): (Option<NotificationId>, Option<NotificationId>) = db::replanned(
        "WITH successors AS (SELECT * FROM unnest($3, $4) AS successor (department_id, user_id)),
         unread AS (
            SELECT n.kind, n.schedule_id, n.message_id, n.episode, n.contact_id, n.ticket_id,
                   coalesce(s.department_id, t.department_id) AS department_id, s.due_at
              FROM notifications n
              LEFT JOIN schedules s ON s.id = n.schedule_id
              LEFT JOIN tickets t ON t.id = n.ticket_id
             WHERE n.user_id = $1 AND n.read_at IS NULL AND n.removed_at IS NULL
               AND n.created_at > now() - interval '7 days'
               AND ($2::bigint[] IS NULL OR coalesce(s.department_id, t.department_id) = ANY ($2))
             ORDER BY n.id DESC LIMIT $5),
         passed_on AS (
            INSERT INTO notifications (user_id, kind, schedule_id, message_id, episode, contact_id, ticket_id,
                                       passed_on_by)
            SELECT recipient, unread.kind, unread.schedule_id, unread.message_id, unread.episode, unread.contact_id,
                   unread.ticket_id, $1
              FROM unread CROSS JOIN LATERAL unnest(coalesce(
                   (SELECT ARRAY[h.user_id] FROM successors h WHERE h.department_id = unread.department_id),
                   (SELECT array_agg(u.id ORDER BY u.id)
                      FROM department_members m JOIN users u ON u.id = m.user_id
                     WHERE m.department_id = unread.department_id AND u.deactivated_at IS NULL AND u.id <> $1),
                   (SELECT array_agg(u.id ORDER BY u.id)
                      FROM roles r JOIN users u ON u.role_id = r.id
                     WHERE r.is_administrator AND u.deactivated_at IS NULL AND u.id <> $1))) AS recipient
             ORDER BY unread.due_at, unread.schedule_id, recipient
            ON CONFLICT DO NOTHING RETURNING id)
         SELECT min(id), max(id) FROM passed_on",
    )
    .bind(user)
    .bind(within)
    .bind(departments)
    .bind(successors)
    .bind(PASS_ON_LIMIT)
    .get_result(conn)?;
    Ok(first.zip(last))
}

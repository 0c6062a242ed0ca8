//! The unread notifications of an attendant who leaves.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable};

use crate::error::Result;
use crate::ids::{DepartmentId, NotificationId, UserId};
use crate::live::{self, Event};

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = Nullable<BigInt>)]
    first: Option<NotificationId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last: Option<NotificationId>,
}

/// Maximum unread notifications that are passed on, newest first.
const PASSED_ON: i64 = 500;

/// Passes on the unread notifications of `user` from the last 7 days, about schedules in all departments or
/// in some. They go to the user who takes over in the department, else to all its other active attendants,
/// else to the administrators. Otherwise nobody would learn of a schedule that fired just before its attendant
/// left.
pub fn pass_on_notices(
    conn: &mut PgConnection,
    user: UserId,
    within: Option<&[DepartmentId]>,
    heirs: &BTreeMap<DepartmentId, UserId>,
) -> Result<()> {
    let (departments, takers): (Vec<DepartmentId>, Vec<UserId>) = heirs.iter().map(|(d, u)| (*d, *u)).unzip();
    let written: Written = diesel::sql_query(
        "WITH heirs AS (SELECT * FROM unnest($3, $4) AS heir (department_id, user_id)),
         unread AS (
            SELECT n.kind, n.schedule_id, n.contact_id, n.ticket_id, s.department_id, s.due_at
              FROM notifications n JOIN schedules s ON s.id = n.schedule_id
             WHERE n.user_id = $1 AND n.read_at IS NULL AND n.removed_at IS NULL
               AND n.created_at > now() - interval '7 days'
               AND ($2::bigint[] IS NULL OR s.department_id = ANY ($2))
             ORDER BY n.id DESC LIMIT $5),
         passed_on AS (
            INSERT INTO notifications (user_id, kind, schedule_id, contact_id, ticket_id, passed_on_by)
            SELECT recipient, unread.kind, unread.schedule_id, unread.contact_id, unread.ticket_id, $1
              FROM unread CROSS JOIN LATERAL unnest(coalesce(
                   (SELECT ARRAY[h.user_id] FROM heirs h WHERE h.department_id = unread.department_id),
                   (SELECT array_agg(u.id ORDER BY u.id)
                      FROM department_members m JOIN users u ON u.id = m.user_id
                     WHERE m.department_id = unread.department_id AND u.deactivated_at IS NULL AND u.id <> $1),
                   (SELECT array_agg(u.id ORDER BY u.id)
                      FROM roles r JOIN users u ON u.role_id = r.id
                     WHERE r.is_administrator AND u.deactivated_at IS NULL AND u.id <> $1))) AS recipient
             ORDER BY unread.due_at, unread.schedule_id, recipient
            ON CONFLICT DO NOTHING RETURNING id)
         SELECT min(id) AS first, max(id) AS last FROM passed_on",
    )
    .bind::<BigInt, _>(user)
    .bind::<Nullable<Array<BigInt>>, _>(within)
    .bind::<Array<BigInt>, _>(departments)
    .bind::<Array<BigInt>, _>(takers)
    .bind::<BigInt, _>(PASSED_ON)
    .get_result(conn)?;
    match written.first.zip(written.last) {
        Some((first, last)) => live::announce(conn, &Event::Notified(first, last)),
        None => Ok(()),
    }
}

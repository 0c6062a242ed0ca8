//! SQL of conversations.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

use crate::error::Result;
use crate::ids::{ContactId, UserId};

#[derive(QueryableByName)]
struct ReaderRow {
    #[diesel(sql_type = BigInt)]
    contact_id: ContactId,
    #[diesel(sql_type = BigInt)]
    user_id: UserId,
}

/// Who of `among` may read the conversation with `contact`: who attends every ticket; who attends a
/// department or ticket that the contact has or had; and whoever was notified about the contact.
///
/// # Errors
/// The database is unreachable.
pub fn readers(conn: &mut PgConnection, contact: ContactId, among: &[UserId]) -> Result<Vec<UserId>> {
    let pairs = readers_of_each(conn, &[contact], among)?;
    Ok(pairs.into_iter().map(|(_, user)| user).collect())
}

/// As `readers`, for several contacts in one statement.
///
/// # Errors
/// The database is unreachable.
pub fn readers_of_each(
    conn: &mut PgConnection,
    contacts: &[ContactId],
    among: &[UserId],
) -> Result<Vec<(ContactId, UserId)>> {
    let rows: Vec<ReaderRow> = diesel::sql_query(
        "SELECT asked.contact_id, u.id AS user_id
           FROM unnest($1) AS asked (contact_id) CROSS JOIN users u JOIN roles r ON r.id = u.role_id
          WHERE u.id = ANY($2) AND u.deactivated_at IS NULL AND (
                r.is_administrator
             OR EXISTS (SELECT FROM role_permissions p WHERE p.role_id = r.id AND p.permission = 'tickets_all')
             OR (EXISTS (SELECT FROM role_permissions p WHERE p.role_id = r.id AND p.permission = 'tickets')
                 AND EXISTS (SELECT FROM tickets t WHERE t.contact_id = asked.contact_id AND (t.attendant_id = u.id
                     OR t.department_id IN (SELECT department_id FROM department_members m WHERE m.user_id = u.id))))
             OR EXISTS (SELECT FROM notifications n WHERE n.contact_id = asked.contact_id AND n.user_id = u.id))",
    )
    .bind::<Array<BigInt>, _>(contacts)
    .bind::<Array<BigInt>, _>(among)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.contact_id, row.user_id)).collect())
}

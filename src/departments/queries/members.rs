//! The members of a department.

use diesel::dsl::exists;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db::{self, NameCursor, PageOf, Search};
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::schema::department_members;
use crate::users::{STANDING, Standing};

db::row! {
    /// A member, active or not.
    #[derive(Clone, Debug)]
    pub struct Member {
        pub id: UserId,
        pub name: String,
        pub sort_name: String,
        pub email: String,
        pub standing: Standing,
    }
}

/// Maximum members per page.
const PAGE: usize = 25;

/// A page of members, by name, after the cursor or, if backwards, before it.
pub fn members(
    conn: &mut PgConnection,
    department: DepartmentId,
    (start, is_backwards): (Option<NameCursor>, bool),
) -> Result<PageOf<Member, NameCursor>> {
    let (sign, order) = if is_backwards { ('<', "DESC") } else { ('>', "ASC") };
    let (name, id) = start.as_ref().map(|cursor| (cursor.name.as_str(), cursor.id)).unzip();
    // As SQL text: the standing that other statements share, and a comparison of pairs.
    let rows: Vec<Member> = db::prepared(format!(
        "SELECT u.id, u.name, u.sort_name, u.email, {STANDING} AS standing
           FROM department_members m JOIN users u ON u.id = m.user_id LEFT JOIN access_links l ON l.user_id = u.id
          WHERE m.department_id = $1 AND ($2::text IS NULL OR (u.sort_name, u.id) {sign} ($2, $3))
          ORDER BY u.sort_name {order}, u.id {order} LIMIT {}",
        PAGE + 1
    ))
    .bind(department)
    .bind(name)
    .bind(id)
    .load(conn)?;
    Ok(PageOf::cut(rows, PAGE, (start, is_backwards), |row| NameCursor {
        name: row.sort_name.clone(),
        id: row.id.0,
    }))
}

db::row! {
    /// A user who could become a member.
    #[derive(Clone, Debug)]
    pub struct Candidate {
        pub id: UserId,
        pub name: String,
        pub email: String,
    }
}

/// Maximum users that a search offers. Typing more narrows the search.
const CANDIDATE_LIMIT: i64 = 10;

/// The first users by name that a search finds and who are not members yet. Includes invited users without a
/// password, but not deactivated ones.
pub fn candidates(
    conn: &mut PgConnection,
    department: DepartmentId,
    search: &Search,
) -> Result<Vec<Candidate>> {
    // As SQL text: compares with every word of the search.
    Ok(db::replanned(
        "SELECT u.id, u.name, u.email FROM users u
          WHERE u.search LIKE searchable($2) AND u.search LIKE ALL (SELECT searchable(p) FROM unnest($3) AS p)
            AND (u.deactivated_at IS NULL OR u.password_hash IS NULL)
            AND NOT EXISTS (SELECT FROM department_members m WHERE m.department_id = $1 AND m.user_id = u.id)
          ORDER BY u.sort_name, u.id LIMIT $4",
    )
    .bind(department)
    .bind(search.longest())
    .bind(search.all())
    .bind(CANDIDATE_LIMIT)
    .load(conn)?)
}

/// Makes a user a member; `false` if they are one already or do not exist.
pub fn add(conn: &mut PgConnection, department: DepartmentId, user: UserId) -> Result<bool> {
    // As SQL text: an INSERT of a SELECT with ON CONFLICT.
    let added = db::prepared(
        "INSERT INTO department_members (department_id, user_id) SELECT $1, id FROM users WHERE id = $2
         ON CONFLICT DO NOTHING",
    )
    .bind(department)
    .bind(user)
    .execute(conn)?;
    Ok(added > 0)
}

pub fn is_member(conn: &mut PgConnection, department: DepartmentId, user: UserId) -> Result<bool> {
    Ok(diesel::select(exists(department_members::table.find((department, user)))).get_result(conn)?)
}

/// Removes a member; `false` if they are not one.
pub fn remove(conn: &mut PgConnection, department: DepartmentId, user: UserId) -> Result<bool> {
    Ok(diesel::delete(department_members::table.find((department, user))).execute(conn)? > 0)
}

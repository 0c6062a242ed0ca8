//! The audit entries about a user.

use diesel::pg::PgConnection;

use crate::audit::{Action, Change};
use crate::db;
use crate::error::Result;
use crate::ids::UserId;

/// The actions whose subject is the user.
const AUDITED: [Action; 8] = [
    Action::UserCreated,
    Action::UserInvited,
    Action::UserEdited,
    Action::UserDeactivated,
    Action::UserReactivated,
    Action::AccessLinkMade,
    Action::AccessLinkUsed,
    Action::PasswordChanged,
];

/// The newest `limit` changes of a user, newest first. Includes joining and leaving departments, whose audit
/// subject is the department.
pub fn changes(conn: &mut PgConnection, user: UserId, limit: i64) -> Result<Vec<Change>> {
    // As SQL text: a union over two kinds of subjects, each by its own index.
    Ok(db::prepared(
        "SELECT a.at, a.action, u.name AS actor, a.details, d.name AS department
           FROM (SELECT * FROM audit WHERE action = ANY($1) AND subject_id = $2
                 UNION ALL
                 SELECT * FROM audit WHERE action IN ('department.member_added', 'department.member_removed')
                    AND details ->> 'user_id' = $2::text) a
           LEFT JOIN users u ON u.id = a.actor_id
           LEFT JOIN departments d ON a.action LIKE 'department.%' AND d.id = a.subject_id
          ORDER BY a.id DESC LIMIT $3",
    )
    .bind(AUDITED.to_vec())
    .bind(user)
    .bind(limit)
    .load(conn)?)
}

//! The audit entries about one record.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};
use serde_json::Value;

use crate::audit::Action;
use crate::db;
use crate::error::Result;
use crate::web::LastChange;

/// What was done, and by whom. No actor means the platform itself.
#[derive(Clone, Debug, QueryableByName)]
pub struct Change {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub actor: Option<String>,
    #[diesel(sql_type = Jsonb)]
    pub details: Value,
    /// The department, where a user's history shows that they joined or left one.
    #[diesel(sql_type = Nullable<Text>)]
    pub department: Option<String>,
}

impl From<Change> for LastChange {
    fn from(change: Change) -> Self {
        Self { at: change.at, actor: change.actor }
    }
}

const SELECT: &str = "SELECT a.at, a.action, u.name AS actor, a.details, NULL AS department
   FROM audit a LEFT JOIN users u ON u.id = a.actor_id";

/// The newest entry with this action.
pub fn newest_of(conn: &mut PgConnection, action: Action) -> Result<Option<Change>> {
    Ok(db::prepared(format!("{SELECT} WHERE a.action = $1 ORDER BY a.at DESC, a.id DESC LIMIT 1"))
        .bind::<Text, _>(action)
        .get_result(conn)
        .optional()?)
}

/// The newest `limit` entries about `subject` that have one of these actions, newest first.
pub fn newest_about(
    conn: &mut PgConnection,
    actions: &[Action],
    subject: i64,
    limit: i64,
) -> Result<Vec<Change>> {
    Ok(db::prepared(format!(
        "{SELECT} WHERE a.action = ANY($1) AND a.subject_id = $2 ORDER BY a.id DESC LIMIT $3"
    ))
    .bind::<Array<Text>, _>(actions.to_vec())
    .bind::<BigInt, _>(subject)
    .bind::<BigInt, _>(limit)
    .load(conn)?)
}

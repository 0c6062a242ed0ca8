//! The sessions of a user.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use uuid::Uuid;

use crate::auth::sessions::{IDLE_HOURS, LONGEST_DAYS};
use crate::db;
use crate::error::Result;
use crate::ids::UserId;
use crate::schema::sessions;

db::row! {
    /// A session that has not ended.
    #[derive(Clone, Debug)]
    pub struct OpenSession {
        pub id: Uuid,
        pub created_at: DateTime<Utc>,
        pub seen_at: DateTime<Utc>,
        pub user_agent: String,
        pub ip: String,
    }
}

/// Maximum sessions in a list.
const MAX_LISTED: i64 = 20;

/// The open sessions of a user, the most recently used first.
pub fn open_sessions(conn: &mut PgConnection, user: UserId) -> Result<Vec<OpenSession>> {
    // As SQL text: the builder has no make_interval.
    Ok(db::prepared(
        "SELECT id, created_at, seen_at, user_agent, ip FROM sessions
          WHERE user_id = $1 AND seen_at > now() - make_interval(hours => $2)
            AND created_at > now() - make_interval(days => $3) AND ends_at IS NULL
          ORDER BY seen_at DESC, id LIMIT $4",
    )
    .bind(user)
    .bind(IDLE_HOURS)
    .bind(LONGEST_DAYS)
    .bind(MAX_LISTED)
    .load(conn)?)
}

/// Ends the sessions of a user: only `only`, or all except `except`. Returns how many ended.
pub fn end_sessions(
    conn: &mut PgConnection,
    user: UserId,
    only: Option<Uuid>,
    except: Option<Uuid>,
) -> Result<usize> {
    let mut ending = diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).into_boxed();
    if let Some(only) = only {
        ending = ending.filter(sessions::id.eq(only));
    }
    if let Some(except) = except {
        ending = ending.filter(sessions::id.ne(except));
    }
    Ok(ending.execute(conn)?)
}

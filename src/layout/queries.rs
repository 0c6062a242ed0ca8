//! SQL of the frame around pages.

use diesel::pg::PgConnection;

use crate::auth::{Companion, account_tables};
use crate::conversations::tickets;
use crate::db;
use crate::error::Result;
use crate::files::ContentHash;
use crate::ids::UserId;
use crate::notifications::COUNT_LIMIT;

db::row! {
    /// What the frame shows beside the account.
    #[derive(Clone, Debug)]
    pub struct Frame {
        pub company_name: String,
        pub logo: Option<ContentHash>,
        /// Notifications that are neither read nor removed; at most `notifications::COUNT_LIMIT`.
        pub unread: i64,
        /// The account's conversations with a customer message that no user has seen; at most
        /// `notifications::COUNT_LIMIT`.
        pub unseen: i64,
    }
}

impl Companion for Frame {
    fn columns() -> String {
        format!(
            "s.company_name, s.logo_sha256 AS logo,
             (SELECT count(*) FROM (SELECT FROM notifications n
               WHERE n.user_id = u.id AND n.read_at IS NULL AND n.removed_at IS NULL LIMIT {COUNT_LIMIT}) counted) AS unread,
             {} AS unseen",
            tickets::queries::unseen(),
        )
    }
}

/// The frame for an active user.
pub fn frame(conn: &mut PgConnection, user: UserId) -> Result<Frame> {
    // SQL text: its columns are also read by the session's statement.
    let (columns, tables) = (Frame::columns(), account_tables());
    let query = format!("SELECT {columns} FROM {tables} WHERE u.id = $1 AND u.deactivated_at IS NULL");
    Ok(db::prepared(query).bind(user).get_result(conn)?)
}

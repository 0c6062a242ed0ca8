//! SQL of the list of conversations: a page of it, what a search finds, and the number of unseen ones.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use crate::auth::{Account, Permission, account_tables, has_permission};
use crate::conversations::thread::Kind;
use crate::db::{self, Cursor, PageOf, Search};
use crate::error::Result;
use crate::ids::{ContactId, TicketId, UserId};
use crate::notifications::COUNT_LIMIT;

/// Maximum conversations per page of the list.
const ROWS_PER_PAGE: usize = 30;

/// SQL condition: the user attends ticket `t`. $1 says whether they attend all tickets, $2 is their id, and
/// $3 their departments. With `coalesce`, the planner starts from the open tickets, and not from all tickets
/// that a department ever had.
const ATTENDED: &str = "coalesce($1 OR t.attendant_id = $2 OR t.department_id = ANY($3), false)";

/// Maximum closed conversations that a search shows.
const CLOSED_LIMIT: i64 = 15;

/// Maximum contacts that a search examines for closed conversations. If more match, it finds too much anyway.
const EXAMINED_LIMIT: i64 = 1_000;

/// The time of the last message in ticket `t`, or of its opening. Must be the same expression as in the index.
const LAST_ACTIVITY: &str = "coalesce(t.last_message_at, t.opened_at)";

db::row! {
    /// A row of the list of conversations.
    #[derive(Clone, Debug)]
    pub struct TicketRow {
        pub id: TicketId,
        pub contact_id: ContactId,
        pub contact: String,
        pub protocol: i64,
        /// The time of the last message, or of the ticket's opening.
        pub at: DateTime<Utc>,
        pub kind: Option<Kind>,
        pub author_id: Option<UserId>,
        pub author: Option<String>,
        /// The beginning of the last message.
        pub preview: String,
        /// Number of the customer's messages that the team has not seen.
        pub unseen: i64,
    }
}

const COLUMNS: &str = "SELECT t.*, l.kind, l.author_id, u.name AS author,
        coalesce(nullif(left(l.body, 160), ''),
                 (SELECT f.file_name FROM attachments f WHERE f.message_id = l.id ORDER BY f.id LIMIT 1), '') AS preview,
        (SELECT count(*) FROM messages m WHERE m.ticket_id = t.id AND m.kind = 'customer'
            AND m.id > t.seen_message_id) AS unseen";

/// The last message in ticket `t`, not counting events.
const LAST_MESSAGE: &str = "LEFT JOIN LATERAL (SELECT id, kind, author_id, body FROM messages m
                                  WHERE m.ticket_id = t.id AND m.kind <> 'event'
                                  ORDER BY m.id DESC LIMIT 1) l ON true
           LEFT JOIN users u ON u.id = l.author_id";

/// A page of the open tickets that `viewer` attends and whose contacts match `search`, newest message first,
/// starting after `after`.
pub fn open_conversations(
    conn: &mut PgConnection,
    viewer: &Account,
    search: Option<&Search>,
    after: Option<Cursor>,
) -> Result<PageOf<TicketRow>> {
    let matches = search.map_or("$4::text[] IS NOT NULL".into(), |search| search.condition("c.search", "$4"));
    let beyond = after.map_or(String::new(), |_| format!("AND ({LAST_ACTIVITY}, t.id) < ($5, $6)"));
    // SQL text: columns and conditions are shared as text, and the page is cut before its rows are completed.
    let rows: Vec<TicketRow> = db::prepared(format!(
        "{COLUMNS}
           FROM (SELECT t.id, t.protocol, t.contact_id, c.name AS contact, t.seen_message_id, {LAST_ACTIVITY} AS at
                   FROM tickets t JOIN contacts c ON c.id = t.contact_id
                  WHERE t.status = 'open' AND {ATTENDED} AND {matches}
                    {beyond}
                  ORDER BY {LAST_ACTIVITY} DESC, t.id DESC LIMIT {}) t
           {LAST_MESSAGE}
          ORDER BY t.at DESC, t.id DESC",
        ROWS_PER_PAGE + 1
    ))
    .replanned_if(search.is_some())
    .bind(viewer.may(Permission::TicketsAll))
    .bind(viewer.id)
    .bind(&viewer.departments)
    .bind(search.map_or(&[][..], Search::all))
    .bind(after.map(|cursor| cursor.at))
    .bind(after.map_or(0, |cursor| cursor.id))
    .load(conn)?;
    Ok(PageOf::cut(rows, ROWS_PER_PAGE, (after, false), |row| Cursor { at: row.at, id: row.id.0 }))
}

/// The conversations that match `search` and have no open ticket, each with the newest of its tickets that
/// `viewer` attended, last closed first.
pub fn closed_conversations(
    conn: &mut PgConnection,
    viewer: &Account,
    search: &Search,
) -> Result<Vec<TicketRow>> {
    let matches = search.condition("c.search", "$4");
    // SQL text, planned on every run: the best plan depends on the words.
    Ok(db::replanned(format!(
        "{COLUMNS}
           FROM (SELECT t.id, t.protocol, c.id AS contact_id, c.name AS contact, t.seen_message_id, t.closed_at AS at
                   FROM (SELECT * FROM contacts c WHERE {matches} LIMIT $5) c
                  CROSS JOIN LATERAL (SELECT * FROM tickets t
                                       WHERE t.contact_id = c.id
                                         AND {ATTENDED}
                                       ORDER BY t.id DESC LIMIT 1) t
                  WHERE NOT EXISTS (SELECT FROM tickets o WHERE o.contact_id = c.id AND o.status = 'open')
                  ORDER BY t.closed_at DESC, t.id DESC LIMIT $6) t
           {LAST_MESSAGE}
          ORDER BY t.at DESC, t.id DESC"
    ))
    .bind(viewer.may(Permission::TicketsAll))
    .bind(viewer.id)
    .bind(&viewer.departments)
    .bind(search.all())
    .bind(EXAMINED_LIMIT)
    .bind(CLOSED_LIMIT)
    .load(conn)?)
}

/// SQL for the number of open tickets that user `u` attends and in which the customer wrote something that
/// the team has not seen, up to `notifications::COUNT_LIMIT`. `attends_all` and `attends` are SQL conditions for
/// the user's permissions, and `of.departments` holds the user's departments.
pub fn unseen() -> String {
    let (attends_all, attends) =
        (has_permission(Permission::TicketsAll), has_permission(Permission::Tickets));
    format!(
        "(SELECT count(*) FROM (
             SELECT FROM tickets t
              WHERE t.status = 'open' AND t.last_customer_message_id > t.seen_message_id
                AND coalesce({attends_all} OR {attends} AND (t.attendant_id = u.id OR t.department_id = ANY(of.departments)), false)
              LIMIT {COUNT_LIMIT}) counted)"
    )
}

/// The same number for one active user.
pub fn count_unseen(conn: &mut PgConnection, user: UserId) -> Result<i64> {
    // SQL text: the count is shared with the frame's statement.
    let (unseen, tables) = (unseen(), account_tables());
    Ok(db::prepared(format!("SELECT {unseen} FROM {tables} WHERE u.id = $1")).bind(user).get_result(conn)?)
}

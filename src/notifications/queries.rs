//! SQL of notifications. What reads the bell is SQL text: its plan needs lateral joins, counts that stop, and
//! the conditions that other statements share.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::define_sql_function;
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamptz};

use super::choose_preferences::Preferences;
use super::{BELL_LENGTH, COUNT_LIMIT, Filter, Kind};
use crate::conversations::readers;
use crate::db::{self, Cursor, PageOf, prepared};
use crate::error::{Error, Result};
use crate::ids::{ContactId, NotificationId, ScheduleId, TicketId, UserId};
use crate::outbox::{DeliveryState, Reason};
use crate::schedules::{Action, FailureReason};
use crate::schema::{notifications, users};

define_sql_function! {
    /// `first`, or `second` if it is NULL.
    fn coalesce(first: Nullable<Timestamptz>, second: Timestamptz) -> Nullable<Timestamptz>;
}

const PER_PAGE: i64 = 30;

db::row! {
    /// A notification with the data for its sentence.
    #[derive(Debug)]
    pub struct Row {
        pub id: NotificationId,
        pub user_id: UserId,
        pub kind: Kind,
        /// `None` if it is about a message that no schedule sent.
        pub schedule_id: Option<ScheduleId>,
        pub created_at: DateTime<Utc>,
        pub is_read: bool,
        pub contact: String,
        pub action: Option<Action>,
        pub comment: String,
        pub has_message: bool,
        pub failure_reason: Option<FailureReason>,
        /// What became of the message, and why.
        pub delivery: Option<DeliveryState>,
        pub delivery_reason: Option<Reason>,
        pub time_zone: String,
        /// Whether the recipient may read the contact's conversation.
        pub reads_conversation: bool,
        /// Whether the recipient may open the contact's page.
        pub reads_contact: bool,
    }
}

/// The columns of a [`Row`]. With EXISTS, the planner would read all attachments.
static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    SELECT n.id, n.user_id, n.kind, n.schedule_id, n.created_at, n.read_at IS NOT NULL AS is_read,
           c.name AS contact, s.action, coalesce(s.comment, '') AS comment, s.failure_reason,
           o.state AS delivery, o.reason AS delivery_reason,
           coalesce(s.message <> '' OR coalesce((SELECT true FROM attachments a WHERE a.schedule_id = s.id LIMIT 1), false), false)
               AS has_message,
           settings.time_zone, {} AS reads_conversation, {READS_CONTACTS} AS reads_contact",
        readers::may_read("n.contact_id")
    )
});

/// SQL condition: role `r` may open the pages of contacts, like `auth::ReadContacts`.
const READS_CONTACTS: &str = "(r.is_administrator OR EXISTS (SELECT FROM role_permissions p
    WHERE p.role_id = r.id AND p.permission IN ('contacts', 'tickets', 'tickets_all', 'schedules')))";

/// Selects the rows of the table or subquery `source`.
fn rows_of(source: &str) -> String {
    format!(
        "{} FROM {source} n
           LEFT JOIN schedules s ON s.id = n.schedule_id
           LEFT JOIN outbox o ON o.message_id = n.message_id
           JOIN contacts c ON c.id = n.contact_id
           JOIN users u ON u.id = n.user_id
           JOIN roles r ON r.id = u.role_id
          CROSS JOIN settings",
        *COLUMNS
    )
}

/// A page of the notifications of `user` that match `filter`, newest first, starting after or before a row.
pub fn page_of(
    conn: &mut PgConnection,
    user: UserId,
    filter: Filter,
    (start, is_backwards): (Option<Cursor>, bool),
) -> Result<PageOf<Row>> {
    let (comparison, bound, direction) = if is_backwards { (">", "<=", "ASC") } else { ("<", ">=", "DESC") };
    let condition = filter.condition();
    let rows = rows_of("notifications");
    // Compares pairs, so that only the index by user fits. Otherwise the planner tends to read all users' rows.
    let rows: Vec<Row> = prepared(format!(
        "{rows} WHERE (n.user_id, n.id) {comparison} ($1, $2) AND n.user_id {bound} $1 AND {condition}
          ORDER BY n.user_id {direction}, n.id {direction} LIMIT {}",
        PER_PAGE + 1
    ))
    .bind(user)
    .bind(start.map_or(i64::MAX, |cursor| cursor.id))
    .load(conn)?;
    let cursor = |row: &Row| Cursor { at: row.created_at, id: row.id.0 };
    Ok(PageOf::cut(rows, PER_PAGE as usize, (start, is_backwards), cursor))
}

db::row! {
    /// The number of notifications per filter, each up to [`COUNT_LIMIT`].
    #[derive(Clone, Copy, Debug)]
    pub struct Counts {
        pub all: i64,
        pub unread: i64,
        pub errors: i64,
    }
}

pub fn counts(conn: &mut PgConnection, user: UserId) -> Result<Counts> {
    let count = |filter: Filter| {
        let condition = filter.condition();
        format!(
            "(SELECT count(*) FROM (SELECT FROM notifications n WHERE n.user_id = $1 AND {condition}
               LIMIT {COUNT_LIMIT}) counted)"
        )
    };
    let [all, unread, errors] = Filter::ALL.map(count);
    Ok(prepared(format!("SELECT {all} AS all, {unread} AS unread, {errors} AS errors"))
        .bind(user)
        .get_result(conn)?)
}

/// The entries in the bell of `user`, newest first.
pub fn newest(conn: &mut PgConnection, user: UserId) -> Result<Vec<Row>> {
    let rows = rows_of("notifications");
    Ok(prepared(format!(
        "{rows} WHERE n.user_id = $1 AND n.removed_at IS NULL ORDER BY n.id DESC LIMIT {BELL_LENGTH}"
    ))
    .bind(user)
    .load(conn)?)
}

/// The newest unread notifications of each of `users`, oldest first. At most [`BELL_LENGTH`] per user.
pub fn newest_unread(conn: &mut PgConnection, users: &[UserId]) -> Result<Vec<Row>> {
    let newest = format!(
        "(SELECT newest.* FROM unnest($1) AS asked (user_id) CROSS JOIN LATERAL (
            SELECT m.* FROM notifications m
             WHERE m.user_id = asked.user_id AND m.read_at IS NULL AND m.removed_at IS NULL
             ORDER BY m.id DESC LIMIT {BELL_LENGTH}) AS newest)"
    );
    let rows = prepared(format!("{} ORDER BY n.id", rows_of(&newest)));
    Ok(rows.bind(users).load(conn)?)
}

/// Maximum rows that [`unread_between`] returns.
pub const UNREAD_BATCH: usize = 500;

/// The first unread notifications with ids from `first` to `last`, oldest first. Only those of `users`, if given.
pub fn unread_between(
    conn: &mut PgConnection,
    (first, last): (NotificationId, NotificationId),
    users: Option<&[UserId]>,
) -> Result<Vec<Row>> {
    let unread_between = format!(
        "(SELECT * FROM notifications m WHERE m.id BETWEEN $1 AND $2 AND coalesce(m.user_id = ANY($3), true)
             AND m.read_at IS NULL AND m.removed_at IS NULL ORDER BY m.id LIMIT {UNREAD_BATCH})"
    );
    let rows = prepared(format!("{} ORDER BY n.id", rows_of(&unread_between)));
    let rows = rows.bind(first).bind(last);
    Ok(rows.bind(users).load(conn)?)
}

db::row! {
    /// The state of a user's bell.
    #[derive(Debug)]
    pub struct Bell {
        pub user_id: UserId,
        /// Up to [`COUNT_LIMIT`].
        pub unread: i64,
        /// The newest unread entries.
        pub ids: Vec<NotificationId>,
    }
}

/// The bells of `users`.
pub fn bells(conn: &mut PgConnection, users: &[UserId]) -> Result<Vec<Bell>> {
    let bells = prepared(format!(
        "SELECT asked.user_id,
                (SELECT count(*) FROM (SELECT FROM notifications n
                  WHERE n.user_id = asked.user_id AND n.read_at IS NULL AND n.removed_at IS NULL
                  LIMIT {COUNT_LIMIT}) counted) AS unread,
                ARRAY(SELECT n.id FROM notifications n
                  WHERE n.user_id = asked.user_id AND n.read_at IS NULL AND n.removed_at IS NULL
                  ORDER BY n.id DESC LIMIT {BELL_LENGTH}) AS ids
           FROM unnest($1) AS asked (user_id)"
    ));
    Ok(bells.bind(users).load(conn)?)
}

/// Marks a notification of `user` as read.
///
/// # Errors
/// `NotFound` if `user` has no notification with that id.
pub fn read(conn: &mut PgConnection, id: NotificationId, user: UserId) -> Result<()> {
    let own = notifications::table.find(id).filter(notifications::user_id.eq(user));
    let read = diesel::update(own)
        .set(notifications::read_at.eq(coalesce(notifications::read_at, now)))
        .execute(conn)?;
    if read == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// The pages that "Ir para conversa" could open.
#[derive(Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = notifications)]
pub struct Destination {
    pub contact_id: ContactId,
    pub ticket_id: Option<TicketId>,
    pub schedule_id: Option<ScheduleId>,
}

/// What a notification of `user` is about.
///
/// # Errors
/// `NotFound` if `user` has no notification with that id.
pub fn destination(conn: &mut PgConnection, id: NotificationId, user: UserId) -> Result<Destination> {
    Ok(notifications::table
        .find(id)
        .filter(notifications::user_id.eq(user))
        .select(Destination::as_select())
        .first(conn)?)
}

/// Marks all notifications of `user` as read.
pub fn read_all(conn: &mut PgConnection, user: UserId) -> Result<()> {
    let unread = notifications::table
        .filter(notifications::user_id.eq(user))
        .filter(notifications::read_at.is_null())
        .filter(notifications::removed_at.is_null());
    diesel::update(unread).set(notifications::read_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Removes a notification from the bell of `user`. Can be repeated.
///
/// # Errors
/// `NotFound` if `user` has no notification with that id.
pub fn remove(conn: &mut PgConnection, id: NotificationId, user: UserId) -> Result<()> {
    let own = notifications::table.find(id).filter(notifications::user_id.eq(user));
    let removed = diesel::update(own)
        .set(notifications::removed_at.eq(coalesce(notifications::removed_at, now)))
        .execute(conn)?;
    if removed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

pub fn choose(conn: &mut PgConnection, user: UserId, chosen: Preferences) -> Result<()> {
    diesel::update(users::table.find(user))
        .set((
            users::plays_sound.eq(chosen.plays_sound),
            users::shows_browser_notices.eq(chosen.shows_browser_notices),
            users::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

//! Pending schedules under the settings.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::pg::data_types::PgInterval;
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Interval, Nullable, Text, Timestamp, Timestamptz};

use crate::error::Result;
use crate::ids::ScheduleId;
use crate::schedules::Spacing;
use crate::settings::respacing::{Place, Respacing, Walk};
use crate::web::{Cursor, PageOf};

/// Counts on pages end here: "mais de 1.000".
pub const MOST_COUNTED: i64 = 1000;

/// How many rows a page of a list has.
const PAGE: usize = 25;

/// Keeps out whoever saves a schedule, and locks all pending ones: in the order in which savers lock.
///
/// # Errors
/// The database is unreachable.
pub fn lock_pending(conn: &mut PgConnection) -> Result<()> {
    diesel::sql_query("SET LOCAL statement_timeout = '180s'").execute(conn)?;
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtext('pontual.spacing'))").execute(conn)?;
    diesel::sql_query(
        "SELECT count(*) FROM (SELECT FROM schedules WHERE status = 'scheduled' ORDER BY id FOR NO KEY UPDATE) s",
    )
    .execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    key: i64,
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    spacing_exempt: bool,
    #[diesel(sql_type = Bool)]
    moves: bool,
}

/// What `spacing` would do to the pending schedules.
///
/// # Errors
/// The database is unreachable.
pub fn respacing(conn: &mut PgConnection, spacing: Spacing) -> Result<Respacing> {
    let key = spacing.key_sql();
    let query = diesel::sql_query(format!(
        "SELECT s.id, {key} AS key, s.due_at, s.spacing_exempt, s.spacing_key <> {key} AS moves
           FROM schedules s WHERE s.status = 'scheduled' ORDER BY 2, s.due_at, s.id"
    ));
    let mut walk = Walk::new(spacing);
    for row in query.load_iter::<PlaceRow, PgRowByRowLoadingMode>(conn)? {
        let PlaceRow { id, key, due_at, spacing_exempt, moves } = row?;
        walk.meet(Place { id, key, due_at, is_exempt: spacing_exempt, moves });
    }
    Ok(walk.end())
}

/// Gives every pending schedule its new key and gap, under `lock_pending`.
///
/// The constraint judges each row as it is written, so the order matters. Where all stay among the same
/// others, those that do not fit leave first, and those that fit again come last. Where they do not, two
/// keys may mean different things while the rows change: all leave, and those that fit come back.
///
/// # Errors
/// The database is unreachable.
pub fn respace(conn: &mut PgConnection, spacing: Spacing, respacing: &Respacing) -> Result<()> {
    let key = spacing.key_sql();
    let gap = PgInterval::from_microseconds(spacing.gap().num_microseconds().unwrap_or(i64::MAX));
    let exempt = "s.id IN (SELECT unnest($2::bigint[]))";
    let leaving = if respacing.moves { format!("true OR {exempt}") } else { exempt.to_owned() };
    let steps = [
        ("spacing_exempt = true", leaving),
        ("spacing_exempt = spacing_exempt", format!("NOT spacing_exempt AND NOT {exempt}")),
        ("spacing_exempt = false", format!("spacing_exempt AND NOT {exempt}")),
    ];
    for (change, which) in steps {
        diesel::sql_query(format!(
            "UPDATE schedules s SET {change}, spacing_key = {key}, min_gap = $1
              WHERE s.status = 'scheduled' AND ({which})"
        ))
        .bind::<Interval, _>(gap)
        .bind::<Array<BigInt>, _>(&respacing.exempt)
        .execute(conn)?;
    }
    Ok(())
}

/// A pending schedule of a list, with the one that it is too near to.
#[derive(Debug, QueryableByName)]
pub struct Unspaced {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub contact: String,
    #[diesel(sql_type = Text)]
    pub department: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub attendant: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub near_id: Option<ScheduleId>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub near_due_at: Option<DateTime<Utc>>,
}

/// The schedules that are exempt from the spacing, earliest first.
///
/// # Errors
/// The database is unreachable.
pub fn unspaced(conn: &mut PgConnection, after: Option<Cursor>) -> Result<PageOf<Unspaced>> {
    let rows: Vec<Unspaced> = diesel::sql_query(format!(
        "SELECT s.id, s.due_at, c.name AS contact, d.name AS department, u.name AS attendant,
                near.id AS near_id, near.due_at AS near_due_at
           FROM schedules s
           JOIN contacts c ON c.id = s.contact_id
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN users u ON u.id = s.attendant_id
           LEFT JOIN LATERAL (
                SELECT o.id, o.due_at FROM schedules o
                 WHERE o.spacing_key = s.spacing_key AND o.status = 'scheduled' AND NOT o.spacing_exempt
                   AND o.due_at > s.due_at - s.min_gap AND o.due_at < s.due_at + s.min_gap
                 ORDER BY abs(extract(epoch FROM o.due_at - s.due_at)), o.id LIMIT 1) near ON true
          WHERE s.status = 'scheduled' AND s.spacing_exempt AND (s.due_at, s.id) > ($1, $2)
          ORDER BY s.due_at, s.id LIMIT {}",
        PAGE + 1
    ))
    .bind::<Timestamptz, _>(after.map_or(DateTime::UNIX_EPOCH, |cursor| cursor.at))
    .bind::<BigInt, _>(after.map_or(0, |cursor| cursor.id))
    .load(conn)?;
    Ok(PageOf::cut(rows, PAGE, (after, false), |row| Cursor { at: row.due_at, id: row.id.0 }))
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many schedules are exempt from the spacing, up to one more than `MOST_COUNTED`.
///
/// # Errors
/// The database is unreachable.
pub fn count_unspaced(conn: &mut PgConnection) -> Result<i64> {
    let row: CountRow = diesel::sql_query(
        "SELECT count(*) AS count FROM (SELECT FROM schedules WHERE status = 'scheduled' AND spacing_exempt LIMIT $1) s",
    )
    .bind::<BigInt, _>(MOST_COUNTED + 1)
    .get_result(conn)?;
    Ok(row.count)
}

/// A pending schedule with the clock time that was chosen for it.
#[derive(Debug, QueryableByName)]
pub struct Chosen {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamp)]
    pub due_local: NaiveDateTime,
    #[diesel(sql_type = Text)]
    pub due_zone: String,
}

/// Pending schedules after a place in the order of their due times.
///
/// # Errors
/// The database is unreachable.
pub fn chosen_times(conn: &mut PgConnection, after: Option<Cursor>, limit: i64) -> Result<Vec<Chosen>> {
    Ok(diesel::sql_query(
        "SELECT id, due_at, due_local, due_zone FROM schedules
          WHERE status = 'scheduled' AND (due_at, id) > ($1, $2) ORDER BY due_at, id LIMIT $3",
    )
    .bind::<Timestamptz, _>(after.map_or(DateTime::UNIX_EPOCH, |cursor| cursor.at))
    .bind::<BigInt, _>(after.map_or(0, |cursor| cursor.id))
    .bind::<BigInt, _>(limit)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = BigInt)]
    id: ScheduleId,
    #[diesel(sql_type = Text)]
    contact: String,
}

/// The names of the contacts of some schedules.
///
/// # Errors
/// The database is unreachable.
pub fn contacts_of(conn: &mut PgConnection, ids: &[ScheduleId]) -> Result<Vec<(ScheduleId, String)>> {
    let rows: Vec<NameRow> = diesel::sql_query(
        "SELECT s.id, c.name AS contact FROM schedules s JOIN contacts c ON c.id = s.contact_id
          WHERE s.id = ANY ($1)",
    )
    .bind::<Array<BigInt>, _>(ids)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row.contact)).collect())
}

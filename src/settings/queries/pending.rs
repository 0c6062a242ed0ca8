//! The pending schedules that a change of the settings affects.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::pg::data_types::PgInterval;
use diesel::prelude::*;

use crate::auth::Account;
use crate::db::{self, Cursor, PageOf};
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::schedules::Spacing;
use crate::schema::{contacts, schedules};
use crate::settings::respacing::{PendingSchedule, Respacing, Walk};

/// Maximum number that pages count to. Above it they show "mais de 1.000".
pub const COUNT_LIMIT: i64 = 1000;

/// Maximum rows per page of a list.
const PAGE: usize = 25;

/// Blocks saving of schedules, and locks all pending ones. Locks in the same order as saving a schedule does.
pub fn lock_pending(conn: &mut PgConnection) -> Result<()> {
    // A batch: a setting cannot be prepared.
    conn.batch_execute(
        "SET LOCAL statement_timeout = '180s'; SELECT pg_advisory_xact_lock(hashtext('pontual.spacing'))",
    )?;
    // As SQL text: a count that keeps the locked rows in the database.
    db::replanned(
        "SELECT count(*) FROM (SELECT FROM schedules WHERE status = 'scheduled' ORDER BY id FOR NO KEY UPDATE) s",
    )
    .execute(conn)?;
    Ok(())
}

db::row! {
    struct PendingRow {
        id: i64,
        key: i64,
        due_at: DateTime<Utc>,
        spacing_exempt: bool,
    }
}

/// What `spacing` would change in the pending schedules.
pub fn respacing(conn: &mut PgConnection, spacing: Spacing) -> Result<Respacing> {
    // As SQL text: calls the function of the spacing key, and is read row by row.
    let query = db::replanned(format!(
        "SELECT s.id, {KEY} AS key, s.due_at, s.spacing_exempt
           FROM schedules s WHERE s.status = 'scheduled' ORDER BY 2, s.due_at, s.id"
    ))
    .bind(spacing.scope);
    let mut walk = Walk::new(spacing);
    for row in query.load_iter::<PendingRow>(conn)? {
        let PendingRow { id, key, due_at, spacing_exempt } = row?;
        walk.add(PendingSchedule { id, key, due_at, is_exempt: spacing_exempt });
    }
    Ok(walk.end())
}

/// Sets the new key and gap of every pending schedule, under `lock_pending`. Writes history and audit of
/// those whose exemption changes.
///
/// The constraint checks each row as it is written, so the order matters: schedules that do not fit are
/// exempted first, and those that fit again come last. Keys of different scopes never conflict.
pub fn respace(conn: &mut PgConnection, spacing: Spacing, respacing: &Respacing, by: &Account) -> Result<()> {
    // As SQL text: writes schedules, history and audit in one statement.
    let mark = |conn: &mut PgConnection, ids: &[i64], is_exempt: bool| {
        db::replanned(MARK)
            .bind(spacing.scope)
            .bind(gap_interval(spacing))
            .bind(ids)
            .bind(is_exempt)
            .bind(by.id)
            .bind(&by.ip)
            .execute(conn)
    };
    mark(conn, &respacing.newly_exempt, true)?;
    db::replanned(format!(
        "UPDATE schedules s SET spacing_key = {KEY}, min_gap = $2
          WHERE s.status = 'scheduled' AND (s.spacing_key, s.min_gap) <> ({KEY}, $2)
            AND s.id NOT IN (SELECT unnest($3::bigint[]))"
    ))
    .bind(spacing.scope)
    .bind(gap_interval(spacing))
    .bind(&respacing.no_longer_exempt)
    .execute(conn)?;
    mark(conn, &respacing.no_longer_exempt, false)?;
    Ok(())
}

/// The key of `s` under the scope $1.
const KEY: &str = "spacing_key($1, s.department_id, s.attendant_id, s.contact_id)";

/// Sets the exemption ($4) of the schedules $3, together with their new key and gap ($2).
const MARK: &str = "WITH marked AS (
    UPDATE schedules s SET spacing_key = spacing_key($1, s.department_id, s.attendant_id, s.contact_id),
           min_gap = $2, spacing_exempt = $4, version = version + 1, updated_at = clock_timestamp()
     WHERE s.id = ANY ($3)
    RETURNING s.id, s.version),
 recorded AS (
    INSERT INTO schedule_history (schedule_id, kind, actor_id, details)
    SELECT id, 'edited', $5, jsonb_build_object('version', version, 'fields', jsonb_build_array('spacing_exempt'),
           'values', jsonb_build_object('spacing_exempt', jsonb_build_array(NOT $4, $4)))
      FROM marked ORDER BY id)
 INSERT INTO audit (action, subject_id, actor_id, ip, details)
 SELECT 'schedule.edited', id, $5, $6, '{\"fields\": [\"spacing_exempt\"]}' FROM marked ORDER BY id";

fn gap_interval(spacing: Spacing) -> PgInterval {
    PgInterval::from_microseconds(spacing.gap().num_microseconds().unwrap_or(i64::MAX))
}

db::row! {
    /// A pending schedule, with the closest one that it is too close to.
    #[derive(Debug)]
    pub struct Unspaced {
        pub id: ScheduleId,
        pub due_at: DateTime<Utc>,
        pub contact: String,
        pub department: String,
        pub attendant: Option<String>,
        pub near_id: Option<ScheduleId>,
        pub near_due_at: Option<DateTime<Utc>>,
    }
}

/// The schedules that are exempt from the spacing, earliest first.
pub fn unspaced(conn: &mut PgConnection, after: Option<Cursor>) -> Result<PageOf<Unspaced>> {
    // As SQL text: a lateral join.
    let rows: Vec<Unspaced> = db::prepared(format!(
        "SELECT s.id, s.due_at, c.name AS contact, d.name AS department, u.name AS attendant,
                near.id AS near_id, near.due_at AS near_due_at
           FROM schedules s
           JOIN contacts c ON c.id = s.contact_id
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN users u ON u.id = s.attendant_id
           LEFT JOIN LATERAL (
                SELECT o.id, o.due_at FROM schedules o
                 WHERE o.spacing_key = s.spacing_key AND o.status = 'scheduled' AND o.id <> s.id
                   AND o.due_at > s.due_at - s.min_gap AND o.due_at < s.due_at + s.min_gap
                 ORDER BY abs(extract(epoch FROM o.due_at - s.due_at)), o.id LIMIT 1) near ON true
          WHERE s.status = 'scheduled' AND s.spacing_exempt AND (s.due_at, s.id) > ($1, $2)
          ORDER BY s.due_at, s.id LIMIT {}",
        PAGE + 1
    ))
    .bind(after.map_or(DateTime::UNIX_EPOCH, |cursor| cursor.at))
    .bind(after.map_or(0, |cursor| cursor.id))
    .load(conn)?;
    Ok(PageOf::cut(rows, PAGE, (after, false), |row| Cursor { at: row.due_at, id: row.id.0 }))
}

/// The number of schedules that are exempt from the spacing, up to `COUNT_LIMIT` + 1.
pub fn count_unspaced(conn: &mut PgConnection) -> Result<i64> {
    // As SQL text: counts up to a limit.
    Ok(db::prepared(
        "SELECT count(*) FROM (SELECT FROM schedules WHERE status = 'scheduled' AND spacing_exempt LIMIT $1) s",
    )
    .bind(COUNT_LIMIT + 1)
    .get_result(conn)?)
}

db::row! {
    /// A pending schedule with the clock time chosen for it.
    #[derive(Debug)]
    pub struct ChosenTime {
        pub id: ScheduleId,
        pub due_at: DateTime<Utc>,
        pub due_local: NaiveDateTime,
        pub due_zone: String,
    }
}

/// Pending schedules after the cursor, by due time.
pub fn chosen_times(conn: &mut PgConnection, after: Option<Cursor>, limit: i64) -> Result<Vec<ChosenTime>> {
    // As SQL text: a comparison of pairs, which the index answers.
    Ok(db::prepared(
        "SELECT id, due_at, due_local, due_zone FROM schedules
          WHERE status = 'scheduled' AND (due_at, id) > ($1, $2) ORDER BY due_at, id LIMIT $3",
    )
    .bind(after.map_or(DateTime::UNIX_EPOCH, |cursor| cursor.at))
    .bind(after.map_or(0, |cursor| cursor.id))
    .bind(limit)
    .load(conn)?)
}

/// A pending schedule with the name of its contact.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schedules)]
pub struct NamedSchedule {
    pub id: ScheduleId,
    #[diesel(select_expression = contacts::name)]
    pub contact: String,
    pub due_at: DateTime<Utc>,
}

/// These schedules with the names of their contacts, earliest first.
pub fn schedules_with_contacts(conn: &mut PgConnection, ids: &[ScheduleId]) -> Result<Vec<NamedSchedule>> {
    Ok(schedules::table
        .inner_join(contacts::table)
        .filter(schedules::id.eq_any(ids))
        .order((schedules::due_at, schedules::id))
        .select(NamedSchedule::as_select())
        .load(conn)?)
}

//! What the form suggests beside the time: free times, and how full the day is.

use chrono::{DateTime, Duration, Utc};
use diesel::pg::PgConnection;

use super::saving::interval;
use crate::clock::Zone;
use crate::db;
use crate::error::Result;
use crate::ids::{ScheduleId, UserId};

/// Maximum schedules of a day that are counted.
pub const MAX_COUNTED: i64 = 1_000;

/// For each wanted time the first free one from then on, in whole minutes. `except` is the schedule that is
/// being moved.
pub fn free_times(
    conn: &mut PgConnection,
    key: i64,
    gap: Duration,
    wanted: Vec<DateTime<Utc>>,
    except: Option<ScheduleId>,
) -> Result<Vec<DateTime<Utc>>> {
    if gap <= Duration::zero() {
        return Ok(wanted);
    }
    // SQL text: the next gap is found by a window over an index range.
    let free = db::prepared(include_str!("free_times.sql"));
    Ok(free.bind(key).bind(wanted).bind(interval(gap)).bind(except).load(conn)?)
}

/// How many schedules are pending in each hour between two times, in the zone's hours; of one attendant, or of
/// all. Counts at most [`MAX_COUNTED`].
pub fn pending_by_hour(
    conn: &mut PgConnection,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    zone: Zone,
    attendant: Option<UserId>,
) -> Result<Vec<(i32, i64)>> {
    let is_of_attendant = if attendant.is_some() { "attendant_id = $4" } else { "$4::bigint IS NULL" };
    // SQL text: groups by the hour of the zone's clock.
    let query = format!(
        "SELECT extract(hour FROM s.due_at AT TIME ZONE $3)::int, count(*)
           FROM (SELECT due_at FROM schedules
                  WHERE status = 'scheduled' AND due_at >= $1 AND due_at < $2 AND {is_of_attendant}
                  ORDER BY due_at LIMIT {MAX_COUNTED}) s
          GROUP BY 1 ORDER BY 1"
    );
    Ok(db::prepared(query).bind(from).bind(to).bind(zone.name()).bind(attendant).load(conn)?)
}

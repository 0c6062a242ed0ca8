//! What happened to a schedule.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use serde_json::Value;

use super::is_readable;
use crate::auth::Account;
use crate::db;
use crate::error::Result;
use crate::ids::{ScheduleId, TicketId};
use crate::schedules::changes::{Changes, Field};

db::row! {
    /// One entry of a schedule's history, with the names of the records that it mentions.
    #[derive(Debug)]
    pub struct HistoryEntry {
        pub at: DateTime<Utc>,
        pub kind: String,
        pub actor_name: Option<String>,
        pub ticket_id: Option<TicketId>,
        pub protocol: Option<i64>,
        /// Whether that ticket is open now.
        pub is_open: bool,
        pub late_ms: Option<i64>,
        pub notified: Vec<String>,
        details: Value,
    }
}

impl HistoryEntry {
    /// What an edit changed.
    pub fn changes(&self) -> Changes {
        serde_json::from_value(self.details.clone()).unwrap_or_default()
    }
}

/// The names of the records whose ids appear as old and new values.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<(&'static str, i64), String>);

impl Names {
    pub fn of(&self, field: Field, id: i64) -> Option<&str> {
        self.0.get(&(field.as_str(), id)).map(String::as_str)
    }
}

/// Entries of a history, newest first, with the names of the records that were changed.
#[derive(Debug, Default)]
pub struct History {
    pub entries: Vec<HistoryEntry>,
    pub names: Names,
}

/// The whole history of a schedule.
pub fn history(conn: &mut PgConnection, schedule: ScheduleId) -> Result<History> {
    load(conn, schedule, -1)
}

/// What happened to a schedule after the version `version`: the later edits, and its end.
pub fn history_since(conn: &mut PgConnection, schedule: ScheduleId, version: i32) -> Result<History> {
    load(conn, schedule, version)
}

fn load(conn: &mut PgConnection, schedule: ScheduleId, version: i32) -> Result<History> {
    // SQL text: it looks into JSON.
    let entries: Vec<HistoryEntry> = db::prepared(
        "SELECT h.at, h.kind, u.name AS actor_name, t.id AS ticket_id, t.protocol, coalesce(t.status = 'open', false) AS is_open,
                (h.details->>'late_ms')::bigint AS late_ms, h.details,
                ARRAY(SELECT n.name FROM users n
                       WHERE n.id IN (SELECT jsonb_array_elements_text(
                             CASE jsonb_typeof(h.details->'notified') WHEN 'array' THEN h.details->'notified'
                                  ELSE '[]' END)::bigint)
                       ORDER BY n.name) AS notified
           FROM schedule_history h
           LEFT JOIN users u ON u.id = h.actor_id
           LEFT JOIN tickets t ON t.id = coalesce(h.details->>'ticket_id', h.details->>'open_ticket_id')::bigint
          WHERE h.schedule_id = $1
            AND ($2 < 0 OR h.kind IN ('cancelled', 'completed', 'failed') OR (h.details->>'version')::int > $2)
          ORDER BY h.id DESC",
    )
    .bind(schedule)
    .bind(version)
    .load(conn)?;
    let names = names(conn, &entries)?;
    Ok(History { entries, names })
}

fn names(conn: &mut PgConnection, entries: &[HistoryEntry]) -> Result<Names> {
    let mut ids: BTreeMap<Field, BTreeSet<i64>> = BTreeMap::new();
    for changes in entries.iter().filter(|entry| entry.kind == "edited").map(HistoryEntry::changes) {
        for (field, values) in changes.iter() {
            ids.entry(field).or_default().extend(values.into_iter().flatten().filter_map(Value::as_i64));
        }
    }
    if ids.values().all(BTreeSet::is_empty) {
        return Ok(Names::default());
    }
    let of = |field| ids.get(&field).map(|ids| ids.iter().copied().collect()).unwrap_or_default();
    let (people, contacts): (Vec<i64>, Vec<i64>) = (of(Field::Person), of(Field::Contact));
    let (departments, attendants): (Vec<i64>, Vec<i64>) = (of(Field::Department), of(Field::Attendant));
    let channels: Vec<i64> = of(Field::Channel);
    // SQL text: one statement reads the names of five tables.
    let rows: Vec<(String, i64, String)> = db::prepared(
        "SELECT 'person_id' AS field, id, name FROM people WHERE id = ANY ($1)
         UNION ALL SELECT 'contact_id', id, name FROM contacts WHERE id = ANY ($2)
         UNION ALL SELECT 'department_id', id, name FROM departments WHERE id = ANY ($3)
         UNION ALL SELECT 'attendant_id', id, name FROM users WHERE id = ANY ($4)
         UNION ALL SELECT 'channel_id', id, name FROM channels WHERE id = ANY ($5)",
    )
    .bind(people)
    .bind(contacts)
    .bind(departments)
    .bind(attendants)
    .bind(channels)
    .load(conn)?;
    let named =
        |(field, id, name): (String, i64, String)| Some(((field.parse::<Field>().ok()?.as_str(), id), name));
    Ok(Names(rows.into_iter().filter_map(named).collect()))
}

db::row! {
    /// A schedule that replaces another, as the other's page shows it; or the reverse.
    #[derive(Debug)]
    pub struct Related {
        pub id: ScheduleId,
        pub at: DateTime<Utc>,
        pub actor_name: Option<String>,
        /// Whether the shown schedule replaces this one.
        pub is_source: bool,
    }
}

/// Maximum related schedules that a schedule's page shows.
const MAX_RELATED: i64 = 20;

/// The schedule that this one replaces, and those that replace it, if `viewer` may read them; newest first.
pub fn related(conn: &mut PgConnection, viewer: &Account, schedule: ScheduleId) -> Result<Vec<Related>> {
    // SQL text: the condition `is_readable` is shared as text.
    Ok(db::prepared(format!(
        "SELECT s.id, s.created_at AS at, u.name AS actor_name, shown.id IS NULL AS is_source
           FROM (SELECT rescheduled_from AS related, NULL::bigint AS id FROM schedules WHERE id = $1
                 UNION ALL SELECT id, $1 FROM schedules WHERE rescheduled_from = $1) shown
           JOIN schedules s ON s.id = shown.related
           LEFT JOIN users u ON u.id = s.created_by
          WHERE {} ORDER BY s.id DESC LIMIT {MAX_RELATED}",
        is_readable("$2")
    ))
    .bind(schedule)
    .bind(viewer.id)
    .load(conn)?)
}

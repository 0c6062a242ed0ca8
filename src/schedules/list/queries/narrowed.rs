//! The filters of a list as a condition in SQL.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};

use super::search::{self, Found};
use crate::clock::Zone;
use crate::db;
use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId, UserId};
use crate::schedules::list::filters::{Attendant, Filters};
use crate::schedules::list::period::Period;
use crate::schedules::{Action, Status};
use crate::web::Search;

/// Filters as the database compares them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Narrowed {
    /// What a search found, if that is not too much to be listed.
    pub found: Option<Vec<ScheduleId>>,
    /// Else what each schedule is compared with.
    pub patterns: Option<Vec<String>>,
    pub status: Option<Status>,
    pub department: Option<DepartmentId>,
    /// 0 stands for the queue, as in the index.
    pub attendant: Option<i64>,
    pub creator: Option<UserId>,
    pub action: Option<Action>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// The texts that a search looks into, of the schedule `s`.
const TEXTS: &str = "(SELECT x.search FROM schedule_texts x WHERE x.schedule_id = s.id)";

/// How many values `narrowing` binds; a statement's own begin after them.
pub const BOUND: usize = 8;

/// Those filters that an index serves, the one that narrows most first: what each compares, and with which
/// value. With a situation, the index reads them in the order of the due time.
const INDEXED: [(&str, &str); 4] = [
    ("coalesce(s.attendant_id, 0)", "$4"),
    ("s.created_by", "$5"),
    ("s.department_id", "$3"),
    ("s.action", "$6"),
];

impl Narrowed {
    fn are_set(&self) -> [bool; 4] {
        [self.attendant.is_some(), self.creator.is_some(), self.department.is_some(), self.action.is_some()]
    }

    fn indexed_ones(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        INDEXED.into_iter().zip(self.are_set()).filter(|(_, is_set)| *is_set).map(|(filter, _)| filter)
    }

    /// The one of these that finds the schedules of a situation, if one is set.
    pub fn indexed(&self) -> Option<(&'static str, &'static str)> {
        self.indexed_ones().next()
    }

    /// Whether the schedule `s` is within the filters. Only what is asked for is written, so that each set of
    /// filters has a plan of its own.
    pub fn condition(&self) -> String {
        let status = self.status.map(|status| format!("s.status = '{}'", status.as_str()));
        let indexed = self.indexed().map(|(column, value)| format!("{column} = {value}"));
        status.into_iter().chain(indexed).chain([self.rest()]).collect::<Vec<_>>().join(" AND ")
    }

    /// The same but for the situation and the one that is `indexed`.
    pub fn rest(&self) -> String {
        let found = self.found.as_ref().map(|_| "s.id = ANY ($1)".to_owned());
        let compared = self.patterns.as_ref().map(|_| format!("{TEXTS} LIKE ALL ($2)"));
        let others = self.indexed_ones().skip(1).map(|(column, value)| format!("{column} = {value}"));
        let all = found.into_iter().chain(compared).chain([self.within_period()]).chain(others);
        all.collect::<Vec<_>>().join(" AND ")
    }

    /// The part of it that says when a schedule is due.
    pub fn within_period(&self) -> String {
        let from = self.from.map_or("true", |_| "s.due_at >= $7");
        let to = self.to.map_or("true", |_| "s.due_at < $8");
        format!("{from} AND {to}")
    }

    /// How many of these are set.
    pub fn set(&self) -> usize {
        self.are_set().into_iter().filter(|is_set| *is_set).count()
    }

    /// The situations that are asked for.
    pub fn statuses(&self) -> impl Iterator<Item = Status> + use<> {
        let only = self.status;
        Status::ALL.iter().copied().filter(move |status| only.is_none_or(|only| only == *status))
    }

    /// Whether it comes from a search.
    pub fn is_searched(&self) -> bool {
        self.found.is_some() || self.patterns.is_some()
    }

    /// The same filters on any situation.
    pub fn of_all(&self) -> Self {
        Self { status: None, ..self.clone() }
    }
}

/// Looks up what `filters` search for, and makes them comparable.
pub fn narrowed(
    conn: &mut PgConnection,
    filters: &Filters,
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<Narrowed> {
    let found = Search::parse(&filters.q).map(|search| search::find(conn, &search)).transpose()?;
    Ok(narrowed_to(found, filters, zone, now))
}

/// The same where it is known what the search finds.
pub fn narrowed_to(found: Option<Found>, filters: &Filters, zone: Zone, now: DateTime<Utc>) -> Narrowed {
    let (found, patterns) = match found {
        None => (None, None),
        Some(Found::These(ids)) => (Some(ids), None),
        Some(Found::TooMany(patterns)) => (None, Some(patterns)),
    };
    let (from, to) = filters.period.map_or((None, None), |period: Period| period.bounds(zone, now));
    Narrowed {
        found,
        patterns,
        status: filters.status,
        department: filters.department,
        attendant: filters.attendant.map(|attendant| match attendant {
            Attendant::User(id) => id.0,
            Attendant::Queue => 0,
        }),
        creator: filters.creator,
        action: filters.action,
        from,
        to,
    }
}

/// A statement with the values of `condition` bound. What was searched for says how to look for it.
pub fn narrowing(sql: String, to: &Narrowed) -> db::Prepared<'_> {
    db::prepared(sql)
        .planned_anew_if(to.is_searched())
        .bind::<Nullable<Array<BigInt>>, _>(to.found.as_ref())
        .bind::<Nullable<Array<Text>>, _>(to.patterns.as_ref())
        .bind::<Nullable<BigInt>, _>(to.department)
        .bind::<Nullable<BigInt>, _>(to.attendant)
        .bind::<Nullable<BigInt>, _>(to.creator)
        .bind::<Nullable<Text>, _>(to.action)
        .bind::<Nullable<Timestamptz>, _>(to.from)
        .bind::<Nullable<Timestamptz>, _>(to.to)
}

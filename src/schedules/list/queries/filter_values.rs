//! The list's filters as an SQL condition.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::search::{self, SearchResult, Words};
use crate::clock::Zone;
use crate::db;
use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId, UserId};
use crate::schedules::list::filters::{Attendant, Filters};
use crate::schedules::list::period::Period;
use crate::schedules::{Action, Status};

/// The filters as values that the database compares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FilterValues {
    /// The result of a search, if it is short enough to be listed.
    pub found: Option<Vec<ScheduleId>>,
    /// Otherwise the words that each schedule is compared with.
    pub words: Option<Words>,
    pub status: Option<Status>,
    pub department: Option<DepartmentId>,
    /// 0 means the queue, as in the index.
    pub attendant: Option<i64>,
    pub creator: Option<UserId>,
    pub action: Option<Action>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// SQL: the text of the schedule `s` that a search looks into.
const TEXTS: &str = "(SELECT x.search FROM schedule_texts x WHERE x.schedule_id = s.id)";

/// The number of values that `bind_filters` binds. A statement's own values begin after them.
pub const FILTER_PARAMETERS: usize = 9;

/// The filters that have an index, the most selective first: expression and parameter. Together with a
/// situation, the index returns rows in the order of the due time.
const INDEXED: [(&str, &str); 4] = [
    ("coalesce(s.attendant_id, 0)", "$4"),
    ("s.created_by", "$5"),
    ("s.department_id", "$3"),
    ("s.action", "$6"),
];

impl FilterValues {
    /// Converts the filters. `found` is the result of the search in them.
    pub fn new(found: Option<SearchResult>, filters: &Filters, zone: Zone, now: DateTime<Utc>) -> Self {
        let (found, words) = match found {
            None => (None, None),
            Some(SearchResult::These(ids)) => (Some(ids), None),
            Some(SearchResult::Many(words)) => (None, Some(words)),
        };
        let (from, to) = filters.period.map_or((None, None), |period: Period| period.bounds(zone, now));
        Self {
            found,
            words,
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

    fn are_set(&self) -> [bool; 4] {
        [self.attendant.is_some(), self.creator.is_some(), self.department.is_some(), self.action.is_some()]
    }

    fn indexed_ones(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        INDEXED.into_iter().zip(self.are_set()).filter(|(_, is_set)| *is_set).map(|(filter, _)| filter)
    }

    /// The filter whose index is used, if one is set.
    pub fn indexed(&self) -> Option<(&'static str, &'static str)> {
        self.indexed_ones().next()
    }

    /// SQL condition: whether the schedule `s` matches the filters. It contains only filters that are set, so
    /// that each combination of filters gets its own plan.
    pub fn condition(&self) -> String {
        let status = self.status.map(|status| format!("s.status = '{}'", status.as_str()));
        let indexed = self.indexed().map(|(column, value)| format!("{column} = {value}"));
        status.into_iter().chain(indexed).chain([self.rest()]).collect::<Vec<_>>().join(" AND ")
    }

    /// Like [`condition`](Self::condition), without the situation and the filter that is
    /// [`indexed`](Self::indexed).
    pub fn rest(&self) -> String {
        let found = self.found.as_ref().map(|_| "s.id = ANY ($1)".to_owned());
        let compared = self.words.as_ref().map(|_| format!("{TEXTS} LIKE ALL ($2)"));
        let others = self.indexed_ones().skip(1).map(|(column, value)| format!("{column} = {value}"));
        let all = found.into_iter().chain(compared).chain([self.within_period()]).chain(others);
        all.collect::<Vec<_>>().join(" AND ")
    }

    /// The part of the condition about the due time.
    pub fn within_period(&self) -> String {
        let from = self.from.map_or("true", |_| "s.due_at >= $7");
        let to = self.to.map_or("true", |_| "s.due_at < $8");
        format!("{from} AND {to}")
    }

    /// The number of indexed filters that are set.
    pub fn count_indexed(&self) -> usize {
        self.are_set().into_iter().filter(|is_set| *is_set).count()
    }

    /// The situations that match.
    pub fn statuses(&self) -> impl Iterator<Item = Status> + use<> {
        let only = self.status;
        Status::ALL.iter().copied().filter(move |status| only.is_none_or(|only| only == *status))
    }

    /// Whether there is a search.
    pub fn is_searched(&self) -> bool {
        self.found.is_some() || self.words.is_some()
    }

    /// SQL condition: whether the text `x` contains the words of the search, if the index is used for them.
    pub fn text_condition(&self) -> Option<String> {
        let words = self.words.as_ref().filter(|words| !words.trigrams.is_empty())?;
        Some(words.condition(9, 2))
    }

    /// The same filters for schedules that are due between two times. So few match that a search can list them.
    pub fn due_between(
        self,
        conn: &mut PgConnection,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Self> {
        match &self.words {
            Some(words) if !words.trigrams.is_empty() => {
                let found = search::due_between(conn, words, from, to)?;
                Ok(Self { found: Some(found), words: None, ..self })
            }
            _ => Ok(self),
        }
    }

    /// The same filters without the situation.
    pub fn without_status(&self) -> Self {
        Self { status: None, ..self.clone() }
    }
}

/// A statement with the values of [`FilterValues::condition`] bound. With a search it is planned for each
/// execution, because the best plan depends on the search.
pub fn bind_filters(sql: String, values: &FilterValues) -> db::Prepared<'_> {
    db::prepared(sql)
        .replanned_if(values.is_searched())
        .bind(values.found.as_ref())
        .bind(values.words.as_ref().map(|words| &words.patterns))
        .bind(values.department)
        .bind(values.attendant)
        .bind(values.creator)
        .bind(values.action)
        .bind(values.from)
        .bind(values.to)
        .bind(values.words.as_ref().map(|words| &words.trigrams))
}

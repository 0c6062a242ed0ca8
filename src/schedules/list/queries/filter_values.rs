//! The list's filters as an SQL condition.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::search::{self, SearchResult, Words};
use super::text_sample::SampledSchedule;
use crate::clock::Zone;
use crate::db;
use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId, UserId};
use crate::outbox::DeliveryState;
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
    pub delivery: Option<DeliveryState>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// The number of values that `bind_filters` binds. A statement's own values begin after them.
pub const FILTER_PARAMETERS: usize = 9;

/// SQL: what became of the message of the schedule `s`. A subquery of one row, which the planner runs for each
/// schedule; an EXISTS could become a scan of all of them.
pub const DELIVERY: &str = "(SELECT d.state FROM schedule_deliveries d WHERE d.schedule_id = s.id)";

/// The filters on columns of schedules that have an index, the most selective first: expression and parameter.
/// Together with a situation, the index returns rows in the order of the due time.
const INDEXED: [(&str, &str); 4] = [
    ("coalesce(s.attendant_id, 0)", "$4"),
    ("s.created_by", "$5"),
    ("s.department_id", "$3"),
    ("s.action", "$6"),
];

/// A filter that has an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// Expression and parameter.
    Column(&'static str, &'static str),
    Delivery(DeliveryState),
}

/// Where schedules are read from: SQL of the tables, `s` among them, and of the columns that the index has.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub tables: &'static str,
    pub due_at: &'static str,
    pub id: &'static str,
}

pub const SCHEDULES: Source = Source { tables: "schedules s", due_at: "s.due_at", id: "s.id" };

/// OFFSET 0 keeps the planner from reading all schedules beside these, in the same order.
const DELIVERIES: Source = Source {
    tables: "schedule_deliveries x CROSS JOIN LATERAL (SELECT * FROM schedules WHERE id = x.schedule_id OFFSET 0) s",
    due_at: "x.due_at",
    id: "x.schedule_id",
};

impl Indexed {
    /// SQL condition on the schedule `s`.
    fn condition(self) -> String {
        match self {
            Self::Column(column, value) => format!("{column} = {value}"),
            Self::Delivery(state) => format!("{DELIVERY} = '{}'", state.as_str()),
        }
    }
}

impl FilterValues {
    /// Converts the filters. `found` is the result of the search in them.
    pub fn new(found: Option<SearchResult>, filters: &Filters, zone: Zone, now: DateTime<Utc>) -> Self {
        let (found, words) = match found {
            None => (None, None),
            Some(SearchResult { found: Some(ids), .. }) => (Some(ids), None),
            Some(SearchResult { words, .. }) => (None, Some(words)),
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
            delivery: filters.delivery,
            from,
            to,
        }
    }

    /// The indexed filters that are set, the most selective first. Few messages are in a state that passes or
    /// awaits a person; nearly all are in one of the others.
    fn indexed_ones(&self) -> impl Iterator<Item = Indexed> + use<> {
        let are_set = [
            self.attendant.is_some(),
            self.creator.is_some(),
            self.department.is_some(),
            self.action.is_some(),
        ];
        let columns = INDEXED.into_iter().zip(are_set).filter(|(_, is_set)| *is_set);
        let columns = columns.map(|((column, value), _)| Indexed::Column(column, value));
        let (rare, usual) = match self.delivery {
            Some(state) if state.is_usual() => (None, Some(state)),
            state => (state, None),
        };
        rare.map(Indexed::Delivery).into_iter().chain(columns).chain(usual.map(Indexed::Delivery))
    }

    /// The filter whose index is used, if one is set.
    pub fn indexed(&self) -> Option<Indexed> {
        self.indexed_ones().next()
    }

    /// Where the index of the filter [`indexed`](Self::indexed) is.
    pub fn source(&self) -> Source {
        match self.indexed() {
            Some(Indexed::Delivery(_)) => DELIVERIES,
            Some(Indexed::Column(..)) | None => SCHEDULES,
        }
    }

    /// SQL condition: whether the schedule `s` matches the filters. It contains only filters that are set, so
    /// that each combination of filters gets its own plan.
    pub fn condition(&self) -> String {
        self.condition_with(self.indexed().map(Indexed::condition))
    }

    /// Like [`condition`](Self::condition), for schedules that are read from the [`source`](Self::source).
    pub fn condition_in_source(&self) -> String {
        self.condition_with(self.indexed_in_source())
    }

    /// The part of that condition that the index of the source answers.
    pub fn indexed_in_source(&self) -> Option<String> {
        self.indexed().map(|indexed| match indexed {
            Indexed::Delivery(state) => format!("x.state = '{}'", state.as_str()),
            Indexed::Column(..) => indexed.condition(),
        })
    }

    fn condition_with(&self, indexed: Option<String>) -> String {
        let status = self.status.map(|status| format!("s.status = '{}'", status.as_str()));
        status.into_iter().chain(indexed).chain([self.rest()]).collect::<Vec<_>>().join(" AND ")
    }

    /// Like [`condition`](Self::condition), without the situation and the filter that is
    /// [`indexed`](Self::indexed).
    pub fn rest(&self) -> String {
        let found = self.found.as_ref().map(|_| "s.id = ANY ($1)".to_owned());
        let compared = self.words.as_ref().map(|words| words.compared(9, 2));
        let others = self.indexed_ones().skip(1).map(Indexed::condition);
        let all = found.into_iter().chain(compared).chain([self.within_period("s.due_at")]).chain(others);
        all.collect::<Vec<_>>().join(" AND ")
    }

    /// The part of the condition about the due time, which stands in the column `due_at`.
    pub fn within_period(&self, due_at: &str) -> String {
        let from = self.from.map_or("true".to_owned(), |_| format!("{due_at} >= $7"));
        let to = self.to.map_or("true".to_owned(), |_| format!("{due_at} < $8"));
        format!("{from} AND {to}")
    }

    /// The number of indexed filters that are set.
    pub fn count_indexed(&self) -> usize {
        self.indexed_ones().count()
    }

    /// The situations that match. Only schedules that are completed have sent a message.
    pub fn statuses(&self) -> impl Iterator<Item = Status> + use<> {
        let only = self.status;
        let sent = self.delivery.map(|_| Status::Completed);
        let is_asked = move |status: &Status| [only, sent].iter().flatten().all(|asked| asked == status);
        Status::ALL.iter().copied().filter(is_asked)
    }

    /// The state of the message, if only it and the period are asked for. Then schedules can be counted without
    /// reading them.
    pub fn delivery_alone(&self) -> Option<DeliveryState> {
        self.delivery.filter(|_| self.count_indexed() == 1 && !self.is_searched())
    }

    /// Whether no schedule can match, because its situation is one in which it has sent no message.
    pub fn are_impossible(&self) -> bool {
        self.statuses().next().is_none()
    }

    /// Whether there is a search.
    pub fn is_searched(&self) -> bool {
        self.found.is_some() || self.words.is_some()
    }

    /// SQL condition: whether the text `x` contains the words of the search, if the index is used for them.
    pub fn text_condition(&self) -> Option<String> {
        let words = self.words.as_ref().filter(|words| words.are_indexed)?;
        Some(words.indexed(9, 2))
    }

    /// The same filters for schedules that are due between two times. So few match that a search can list them.
    pub fn due_between(
        self,
        conn: &mut PgConnection,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Self> {
        match &self.words {
            Some(words) if words.are_indexed => {
                let found = search::due_between(conn, words, from, to)?;
                Ok(Self { found: Some(found), words: None, ..self })
            }
            _ => Ok(self),
        }
    }

    /// Whether a schedule of the sample matches the filters. The search is not among them.
    pub fn fits(&self, schedule: &SampledSchedule) -> bool {
        let fits = |filter: Option<bool>| filter != Some(false);
        fits(self.status.map(|status| status == schedule.status))
            && fits(self.department.map(|department| department == schedule.department_id))
            && fits(self.attendant.map(|attendant| attendant == schedule.attendant_or_queue))
            && fits(self.creator.map(|creator| Some(creator) == schedule.created_by))
            && fits(self.action.map(|action| action == schedule.action))
            && fits(self.delivery.map(|delivery| Some(delivery) == schedule.delivery))
            && self.is_within_period(schedule)
    }

    /// Whether a schedule of the sample is due within the period.
    pub fn is_within_period(&self, schedule: &SampledSchedule) -> bool {
        self.from.is_none_or(|from| schedule.due_at >= from) && self.to.is_none_or(|to| schedule.due_at < to)
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
        .bind(values.words.as_ref().map(|words| words.keys.all()))
}

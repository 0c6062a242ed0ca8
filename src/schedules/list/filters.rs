//! The list's filters in an address. Invalid values are ignored.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use chrono::Datelike;
use url::form_urlencoded;

use super::period::Period;
use crate::db::Cursor;
use crate::ids::{DepartmentId, UserId};
use crate::outbox::DeliveryState;
use crate::schedules::{Action, Status};
use crate::text_enum;
use crate::web::Fields;

text_enum! {
    /// The order of the list, as in addresses; a hyphen reverses it.
    pub enum Sort {
        Soonest = "due",
        Latest = "-due",
        Oldest = "created",
        Newest = "-created",
    }
}

impl Sort {
    /// Pending schedules: the next one first. Ended schedules: the latest due time first. All schedules: the
    /// most recently created first, because both ends of the due times are of little interest.
    fn of(tab: Option<Status>) -> Self {
        match tab {
            None => Self::Newest,
            Some(Status::Scheduled) => Self::Soonest,
            Some(Status::Completed | Status::Failed | Status::Cancelled) => Self::Latest,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Soonest => "Data e hora: mais próxima primeiro",
            Self::Latest => "Data e hora: mais distante primeiro",
            Self::Oldest => "Criação: mais antiga primeiro",
            Self::Newest => "Criação: mais recente primeiro",
        }
    }

    /// The table's caption for this order.
    pub fn caption(self) -> &'static str {
        match self {
            Self::Soonest => "da data mais próxima à mais distante",
            Self::Latest => "da data mais distante à mais antiga",
            Self::Oldest => "do criado há mais tempo ao mais recente",
            Self::Newest => "do criado mais recentemente ao mais antigo",
        }
    }

    pub fn is_by_creation(self) -> bool {
        matches!(self, Self::Oldest | Self::Newest)
    }

    pub fn is_descending(self) -> bool {
        matches!(self, Self::Latest | Self::Newest)
    }
}

/// Filter by attendant: one user, or schedules without an attendant, which wait in their department's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendant {
    Queue,
    User(UserId),
}

impl Attendant {
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "queue" => Some(Self::Queue),
            id => id.parse().ok().map(Self::User),
        }
    }

    /// Its value in addresses.
    pub fn value(self) -> String {
        match self {
            Self::Queue => "queue".into(),
            Self::User(id) => id.to_string(),
        }
    }
}

/// The filters of the list and the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub status: Option<Status>,
    pub q: String,
    pub department: Option<DepartmentId>,
    pub attendant: Option<Attendant>,
    pub creator: Option<UserId>,
    pub action: Option<Action>,
    /// What became of the message that it sent.
    pub delivery: Option<DeliveryState>,
    pub period: Option<Period>,
    pub sort: Option<Sort>,
}

/// Maximum characters of a search. It must be short enough for the page's address.
const MAX_SEARCH_LENGTH: usize = 2_000;

impl Filters {
    pub fn read(fields: &Fields) -> Self {
        let status = fields.get("status").parse().ok();
        let order: Option<Sort> = fields.get("sort").parse().ok();
        Self {
            status,
            q: fields.get("q").trim().chars().take(MAX_SEARCH_LENGTH).collect(),
            department: fields.get("department_id").parse().ok(),
            attendant: Attendant::parse(fields.get("attendant_id")),
            creator: fields.get("created_by").parse().ok(),
            action: fields.get("action").parse().ok(),
            delivery: fields.get("delivery").parse().ok(),
            period: Period::parse(fields.get("period"), fields.get("from"), fields.get("to")),
            // The tab's default order is not a choice: another tab may have another default.
            sort: order.filter(|order| *order != Sort::of(status)),
        }
    }

    pub fn order(&self) -> Sort {
        self.sort.unwrap_or(Sort::of(self.status))
    }

    /// Only the tab and the order.
    pub fn cleared(&self) -> Self {
        Self { status: self.status, sort: self.sort, ..Self::default() }
    }

    /// Whether any filter besides the tab is set.
    pub fn are_any(&self) -> bool {
        *self != self.cleared()
    }

    /// The number of filters that are set in the folded part of the form.
    pub fn folded(&self) -> usize {
        [
            self.department.is_some(),
            self.attendant.is_some(),
            self.creator.is_some(),
            self.action.is_some(),
            self.delivery.is_some(),
            self.period.is_some(),
        ]
        .into_iter()
        .filter(|is_set| *is_set)
        .count()
    }

    /// Names and values as in addresses; filters that are not set are left out.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let (from, to) = self.period.map_or((None, None), Period::dates);
        let preset = self.period.and_then(Period::preset);
        let all = [
            ("status", self.status.map(|status| status.as_str().to_owned())),
            ("q", Some(self.q.clone()).filter(|q| !q.is_empty())),
            ("department_id", self.department.map(|id| id.to_string())),
            ("attendant_id", self.attendant.map(Attendant::value)),
            ("created_by", self.creator.map(|id| id.to_string())),
            ("action", self.action.map(|action| action.as_str().to_owned())),
            ("delivery", self.delivery.map(|state| state.as_str().to_owned())),
            ("period", preset.map(|preset| preset.as_str().to_owned())),
            ("from", from.map(|day| day.to_string())),
            ("to", to.map(|day| day.to_string())),
            ("sort", self.sort.map(|sort| sort.as_str().to_owned())),
        ];
        all.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
    }

    /// The address of `path` with these filters and the pairs `more`.
    pub fn address(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs());
        query.extend_pairs(more);
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// Where a page of the list begins: after or before a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageStart {
    pub after: Option<Cursor>,
    pub before: Option<Cursor>,
}

impl PageStart {
    pub fn read(fields: &Fields) -> Self {
        // The database cannot store every time that can be written here.
        let cursor = |name| {
            fields.get(name).parse().ok().filter(|cursor: &Cursor| (1..=9999).contains(&cursor.at.year()))
        };
        Self { after: cursor("after"), before: cursor("before") }
    }
}

impl PageStart {
    /// Its parameter name and value in addresses.
    pub fn pair(&self) -> Option<(&'static str, String)> {
        let (before, after) = (self.before.map(|at| ("before", at)), self.after.map(|at| ("after", at)));
        before.or(after).map(|(name, cursor)| (name, cursor.to_string()))
    }
}

/// The fields of a query string; empty if it cannot be parsed.
pub struct Query(pub Fields);

impl FromRequest for Query {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Fields::parse(request.query_string().as_bytes()).unwrap_or_default())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Filters {
        Filters::read(&Fields::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn an_address_reads_back() {
        let query = "status=failed&q=p%C3%A3o+%26+caf%C3%A9&department_id=3&attendant_id=queue&created_by=7\
            &action=notify&delivery=failed&from=2026-12-01&to=2026-12-05&sort=-created";
        assert_eq!(read(query).address("/schedules", &[]), format!("/schedules?{query}"));
        assert_eq!(read("period=week&attendant_id=9").address("/x", &[]), "/x?attendant_id=9&period=week");
    }

    #[test]
    fn nonsense_counts_for_nothing() {
        let query = "status=x&department_id=1%20OR%201&attendant_id=-&created_by=&action=drop&delivery=lost&sort=name&period=&from=1&after=z";
        assert_eq!(read(query), Filters::default());
        assert_eq!(Filters::default().address("/schedules", &[]), "/schedules");
    }

    #[test]
    fn pending_schedules_begin_with_the_next_one() {
        assert_eq!(read("status=scheduled").order(), Sort::Soonest);
        assert_eq!(read("status=failed").order(), Sort::Latest);
        assert_eq!(read("status=scheduled&sort=-due").order(), Sort::Latest);
    }
}

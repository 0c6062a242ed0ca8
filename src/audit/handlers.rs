//! The audit page and its CSV file.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDate, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::queries::{self, Actor, Filter};
use super::views::{self, Index};
use super::{Action, Entry, Group, record};
use crate::auth::{Can, ReadAudit, Viewer};
use crate::clock::{self, Resolved, Zone};
use crate::db::{Cursor, Db};
use crate::error::Result;
use crate::ids::UserId;
use crate::web::{FilterKind, FilterRemarks, Shell, csv_file, redirect_without_empty, with_push_url};

/// Rows per query when the file is written.
const BATCH: usize = 1000;

/// The filter's choice for entries without a signed-in user.
pub const NOBODY: &str = "Plataforma e contatos";

/// The filter as the query string has it. A value that cannot be parsed does not filter.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    pub actor: String,
    #[serde(default)]
    pub group: String,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub until: String,
    #[serde(default)]
    pub after: String,
    #[serde(default)]
    pub before: String,
}

impl Query {
    fn filter(&self, zone: Zone) -> Filter {
        let begins = |day: NaiveDate| start_of(zone, day);
        Filter {
            actor: self.actor.parse().ok(),
            group: self.group.parse().ok(),
            from: clock::parse_day(&self.from).and_then(begins),
            until: clock::parse_day(&self.until).and_then(|day| day.succ_opt()).and_then(begins),
            after: self.after.parse().ok(),
            before: self.before.parse().ok(),
        }
    }

    /// Puts the earlier date first. The `bool` says whether the dates were swapped.
    fn in_order(self) -> (Self, bool) {
        match (clock::parse_day(&self.from), clock::parse_day(&self.until)) {
            (Some(from), Some(until)) if until < from => {
                (Self { from: self.until, until: self.from, ..self }, true)
            }
            _ => (self, false),
        }
    }

    /// Drops filter values that do not exist, with a remark for the user about each.
    fn without_unknown(self, users: &[queries::UserChoice]) -> (Self, FilterRemarks) {
        let is_somebody = match self.actor.parse() {
            Ok(Actor::User(id)) => users.iter().any(|user| user.id == id),
            Ok(Actor::Nobody) => true,
            Err(()) => false,
        };
        let is_group = self.group.parse::<Group>().is_ok();
        let is_day = |text: &str| clock::parse_day(text).is_some();
        let remarks = FilterRemarks::of(&[
            (FilterKind::Choice("Quem fez"), &self.actor, is_somebody),
            (FilterKind::Choice("Assunto"), &self.group, is_group),
            (FilterKind::Date("De"), &self.from, is_day(&self.from)),
            (FilterKind::Date("Até"), &self.until, is_day(&self.until)),
        ]);
        let only_known = |text: String, is_known: bool| if is_known { text } else { String::new() };
        let (is_from, is_until) = (is_day(&self.from), is_day(&self.until));
        let known = Self {
            actor: only_known(self.actor, is_somebody),
            group: only_known(self.group, is_group),
            from: only_known(self.from, is_from),
            until: only_known(self.until, is_until),
            ..self
        };
        (known, remarks)
    }

    fn actor(&self) -> Option<UserId> {
        match self.actor.parse() {
            Ok(Actor::User(id)) => Some(id),
            _ => None,
        }
    }

    /// The filters as the audit entry of an export stores them.
    fn as_details(&self) -> Value {
        let all =
            [("actor", &self.actor), ("group", &self.group), ("from", &self.from), ("until", &self.until)];
        let set = all.into_iter().filter(|(_, value)| !value.is_empty());
        json!({ "filters": set.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>() })
    }
}

/// The first instant of a day: 01:00 where the clocks skip midnight.
fn start_of(zone: Zone, day: NaiveDate) -> Option<chrono::DateTime<chrono::Utc>> {
    let instant = |hour| match zone.resolve(day.and_hms_opt(hour, 0, 0)?) {
        Resolved::One(at) | Resolved::Twice(at, _) => Some(at),
        Resolved::Never => None,
    };
    instant(0).or_else(|| instant(1))
}

pub async fn index(
    viewer: Can<ReadAudit>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<Query>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    if let Some(answer) = redirect_without_empty(&request, &shell) {
        return Ok(answer);
    }
    let (query, is_swapped) = query.into_inner().in_order();
    let zone = viewer.zone;
    let (query, remarks, page, users) = db
        .run(move |conn| {
            let users = queries::users(conn, "", query.actor())?;
            let (query, remarks) = query.without_unknown(&users);
            let page = queries::page(conn, query.filter(zone))?;
            Ok((query, remarks, page, users))
        })
        .await?;
    let remarks = remarks.swapped(is_swapped).without(query.address(""));
    let address = query.address(&query.place());
    let view = Index::new(&viewer, &query, page, users, remarks);
    Ok(with_push_url(shell.page("Auditoria", view)?, &address))
}

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// Users for the searchable select, as JSON `[{value, text}]`.
pub async fn users(
    _: Can<ReadAudit>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let nobody = query.q.trim().is_empty().then(|| json!({ "value": "none", "text": NOBODY }));
    let found = db.run(move |conn| queries::users(conn, &query.q, None)).await?;
    let choice = |user: queries::UserChoice| json!({ "value": user.id, "text": user.name });
    let choices: Vec<Value> = nobody.into_iter().chain(found.into_iter().map(choice)).collect();
    Ok(HttpResponse::build(StatusCode::OK).json(choices))
}

/// The filtered audit as a CSV file, newest first. Its first row is the entry of this export.
pub async fn export(
    viewer: Can<ReadAudit>,
    db: web::Data<Db>,
    query: web::Query<Query>,
) -> Result<HttpResponse> {
    let who: Viewer = viewer.clone();
    let (query, _) = query.into_inner().in_order();
    let zone = viewer.zone;
    let query = db
        .transaction(move |conn| {
            let users = queries::users(conn, "", query.actor())?;
            let (query, _) = query.clone().without_unknown(&users);
            record(conn, &Entry::of(Action::AuditExported).by(&viewer).with(query.as_details()))?;
            Ok(query)
        })
        .await?;
    let mut filter = Filter { after: None, before: None, ..query.filter(zone) };
    let name = format!("auditoria-{}.csv", zone.day(Utc::now()));
    Ok(csv_file(&name, views::HEAD, &db, move |conn| {
        let rows = queries::rows(conn, filter, BATCH)?;
        if let Some(last) = rows.last() {
            filter.after = Some(Cursor { at: last.at, id: last.id });
        }
        Ok(rows.into_iter().map(|row| views::cells(&who, row)).collect())
    }))
}

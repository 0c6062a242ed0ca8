//! The audit's page and file.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};

use super::queries::log::{self, Actor, Filter};
use super::views::{self, Index};
use crate::auth::{Can, ReadAudit, Viewer};
use crate::clock::{Resolved, Zone};
use crate::db::Db;
use crate::error::Result;
use crate::web::{Cursor, Shell, csv_file};

/// Rows read at once for the file.
const BATCH: usize = 1000;

/// The choice of what nobody who is signed in did.
pub const NOBODY: &str = "Plataforma e contatos";

/// The filter as the address has it; what cannot be read filters nothing.
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
    after: String,
    #[serde(default)]
    before: String,
}

impl Query {
    fn filter(&self, zone: Zone) -> Filter {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let begins = |day: NaiveDate| start_of(zone, day);
        Filter {
            actor: self.actor.parse().ok(),
            group: self.group.parse().ok(),
            from: day(&self.from).and_then(begins),
            until: day(&self.until).and_then(|day| day.checked_add_days(Days::new(1))).and_then(begins),
            after: self.after.parse().ok(),
            before: self.before.parse().ok(),
        }
    }
}

/// The first instant of a day; where the clocks skip midnight, an hour later.
fn start_of(zone: Zone, day: NaiveDate) -> Option<chrono::DateTime<chrono::Utc>> {
    let instant = |hour| match zone.resolve(day.and_hms_opt(hour, 0, 0)?) {
        Resolved::One(at) | Resolved::Twice(at, _) => Some(at),
        Resolved::Never => None,
    };
    instant(0).or_else(|| instant(1))
}

/// # Errors
/// The database is unreachable.
pub async fn index(
    viewer: Can<ReadAudit>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<Query>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let filter = query.filter(viewer.zone);
    let chosen = match filter.actor {
        Some(Actor::Person(id)) => Some(id),
        _ => None,
    };
    let (page, people) =
        db.run(move |conn| Ok((log::page(conn, filter)?, log::people(conn, "", chosen)?))).await?;
    shell.page(&viewer, "Auditoria", Index::new(&viewer, &query, page, people))
}

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// People for the searchable select, as JSON `[{value, text}]`.
///
/// # Errors
/// The database is unreachable.
pub async fn people(
    _: Can<ReadAudit>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let nobody = query.q.trim().is_empty().then(|| json!({ "value": "none", "text": NOBODY }));
    let found = db.run(move |conn| log::people(conn, &query.q, None)).await?;
    let choice = |person: log::Person| json!({ "value": person.id, "text": person.name });
    let choices: Vec<Value> = nobody.into_iter().chain(found.into_iter().map(choice)).collect();
    Ok(HttpResponse::build(StatusCode::OK).json(choices))
}

/// The filtered audit as a file, newest first.
///
/// # Errors
/// The database is unreachable.
pub async fn export(
    viewer: Can<ReadAudit>,
    db: web::Data<Db>,
    query: web::Query<Query>,
) -> Result<HttpResponse> {
    let who: Viewer = viewer.clone();
    let mut filter = Filter { after: None, before: None, ..query.filter(viewer.zone) };
    let head = ["Data e hora", "Pessoa", "Ação", "O que aconteceu", "Registro", "Origem (IP)"];
    Ok(csv_file("auditoria.csv", &head, &db, move |conn| {
        let rows = log::rows(conn, filter, BATCH)?;
        if let Some(last) = rows.last() {
            filter.after = Some(Cursor { at: last.at, id: last.id });
        }
        Ok(rows.into_iter().map(|row| views::cells(&who, row)).collect())
    }))
}

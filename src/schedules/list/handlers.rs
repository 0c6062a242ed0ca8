//! The page of the list.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde_json::{Value, json};

use super::filters::{Attendant, Filters, PageStart, Query};
use super::period::{Period, Preset};
use super::queries::{self, FilterOptions, FilterValues};
use super::views::{Index, PATH};
use crate::auth::{Can, ManageSchedules};
use crate::clock;
use crate::db::Db;
use crate::error::Result;
use crate::schedules::ListCache;
use crate::schedules::queries::Choice;
use crate::schedules::views::QUEUE;
use crate::web::{Fields, FilterKind, FilterRemarks, Shell, redirect_without_empty, with_push_url};

pub async fn index(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    cache: web::Data<ListCache>,
    query: Query,
    request: HttpRequest,
) -> Result<HttpResponse> {
    if let Some(answer) = redirect_without_empty(&request, &shell) {
        return Ok(answer);
    }
    let (filters, start) = (Filters::read(&query.0), PageStart::read(&query.0));
    let (zone, is_refresh) = (viewer.zone, ListCache::is_refresh(&request));
    let (filters, options, counts, page) = db
        .run(move |conn| {
            let options = cache.options(conn, &filters)?;
            let filters = filters.only_existing(&options);
            let found = cache.search(conn, &filters.q, is_refresh)?;
            let order = filters.order();
            let values = FilterValues::new(found, &filters, zone, Utc::now());
            let values = cache.fastest(conn, values, order)?;
            let (counts, values) = if queries::is_read_at_once(&values, order, start) {
                queries::counts_and_page(conn, values, order, start)?
            } else {
                (cache.counts(conn, &values)?, values)
            };
            let page = queries::page(conn, &values, counts, order, start)?;
            Ok((filters, options, counts, page))
        })
        .await?;
    let start = start.pair();
    let start: Vec<_> = start.iter().map(|(name, cursor)| (*name, cursor.as_str())).collect();
    let address = filters.address(PATH, &start);
    let remarks = filters.remarks(&query.0).without(filters.address(PATH, &[]));
    let view = Index::new(&viewer, &filters, &options, counts, page).remarking(remarks);
    Ok(with_push_url(shell.page("Agendamentos", view)?, &address))
}

/// Users for the searchable select "Criado por", as JSON `[{value, text, sub}]`.
pub async fn users(_: Can<ManageSchedules>, db: web::Data<Db>, query: Query) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(found(&db, query, Vec::new()).await?))
}

/// Like [`users`], for the select of attendants, which begins with the queue.
pub async fn attendants(_: Can<ManageSchedules>, db: web::Data<Db>, query: Query) -> Result<HttpResponse> {
    let queue = json!({ "value": Attendant::Queue.value(), "text": QUEUE, "sub": "" });
    let first = if query.0.get("q").trim().is_empty() { vec![queue] } else { Vec::new() };
    Ok(HttpResponse::Ok().json(found(&db, query, first).await?))
}

async fn found(db: &Db, query: Query, first: Vec<Value>) -> Result<Vec<Value>> {
    let users = db.run(move |conn| queries::users(conn, query.0.get("q"), &[])).await?;
    let choice = |user: Choice| json!({ "value": user.id, "text": user.name, "sub": user.sub });
    Ok(first.into_iter().chain(users.into_iter().map(choice)).collect())
}

impl Filters {
    /// Remarks about filters in the address that are invalid. `self` holds the valid ones.
    pub fn remarks(&self, fields: &Fields) -> FilterRemarks {
        let is_day = |text: &str| clock::parse_day(text).is_some();
        let read = |filter, name, is_known| (filter, fields.get(name), is_known);
        let is_preset = fields.get("period").parse::<Preset>().is_ok();
        FilterRemarks::of(&[
            read(FilterKind::Choice("Situação"), "status", self.status.is_some()),
            read(FilterKind::Choice("Departamento"), "department_id", self.department.is_some()),
            read(FilterKind::Choice("Atendente"), "attendant_id", self.attendant.is_some()),
            read(FilterKind::Choice("Criado por"), "created_by", self.creator.is_some()),
            read(FilterKind::Choice("Ação"), "action", self.action.is_some()),
            read(FilterKind::Choice("Mensagem"), "delivery", self.delivery.is_some()),
            read(FilterKind::Choice("Período"), "period", is_preset),
            read(FilterKind::Date("De"), "from", is_day(fields.get("from"))),
            read(FilterKind::Date("Até"), "to", is_day(fields.get("to"))),
        ])
        .swapped(Period::is_swapped(fields.get("from"), fields.get("to")))
    }

    /// Removes departments and users that do not exist.
    pub fn only_existing(self, options: &FilterOptions) -> Self {
        let is_user = |id: i64| options.users.iter().any(|user| user.id == id);
        let department = self.department.filter(|id| options.departments.iter().any(|one| one.id == id.0));
        Self {
            department,
            attendant: self.attendant.filter(|attendant| match attendant {
                Attendant::Queue => true,
                Attendant::User(id) => is_user(id.0),
            }),
            creator: self.creator.filter(|id| is_user(id.0)),
            ..self
        }
    }
}

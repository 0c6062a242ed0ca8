//! Cancels the schedules that were ticked in the list: one question, one transaction.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::filters::{Filters, Query};
use super::queries::{self, TickedSchedule};
use super::views::PATH;
use crate::auth::{Can, ManageSchedules, Viewer};
use crate::clock::Zone;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ScheduleId;
use crate::schedules::Status;
use crate::schedules::cancel::{self, Reason};
use crate::web::{Fields, Posted, Shell, redirect_with};

/// Maximum schedules per request: more than a page of the list holds.
const MAX_TICKED: usize = 100;

/// Asks once for all of them, as a page or in a dialog. `BadRequest` for more than [`MAX_TICKED`].
pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: Query,
) -> Result<HttpResponse> {
    let (ids, list) = (ticked(&query.0)?, list_of(&query.0));
    let chosen = db.run(move |conn| queries::chosen(conn, &ids)).await?;
    if chosen.is_empty() {
        return Ok(redirect_with(&list.address(PATH, &[]), crate::schedules::NO_SCHEDULE_CHOSEN));
    }
    let mut view = CancellationsPage::new(viewer.zone, chosen, &list);
    view.is_dialog = shell.is_htmx;
    shell.page("Cancelar agendamentos", view)
}

/// Cancels those that are still pending, and shows the state of the others. `BadRequest` for more than
/// [`MAX_TICKED`].
pub async fn create(
    viewer: Can<ManageSchedules>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (ids, list) = (ticked(&form)?, list_of(&form));
    let reason = match Reason::parse(form.get("reason")) {
        Ok(reason) => reason,
        Err(error) => {
            let chosen = db.run(move |conn| queries::chosen(conn, &ids)).await?;
            let view = CancellationsPage::new(viewer.zone, chosen, &list).refused(form.get("reason"), error);
            let title = "Erro: Cancelar agendamentos";
            return shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, title, view);
        }
    };
    let (who, asked) = (Viewer::clone(&viewer), ids.clone());
    let contacts = db.run(move |conn| queries::contacts_of(conn, &asked)).await?;
    let (cancelled, others) = db
        .transaction_on_all(contacts, move |conn| {
            let cancelled = cancel::cancel_all(conn, &who, &ids, &reason)?;
            let mut others = queries::chosen(conn, &ids)?;
            others.retain(|one| !cancelled.contains(&one.id));
            Ok((cancelled.len(), others))
        })
        .await?;
    let back = list.address(PATH, &[]);
    match (cancelled, others.is_empty()) {
        (0, true) => Ok(redirect_with(&back, crate::schedules::NO_SCHEDULE_CHOSEN)),
        (1, true) => Ok(redirect_with(&back, crate::schedules::SCHEDULE_CANCELLED)),
        (_, true) => Ok(redirect_with(&back, "Agendamentos selecionados cancelados.")),
        (_, false) => {
            let view = CancellationsResult { cancelled, others: lines(viewer.zone, others), back };
            shell.page("Cancelar agendamentos", view)
        }
    }
}

fn ticked(fields: &Fields) -> Result<Vec<ScheduleId>> {
    let ids: Vec<ScheduleId> = fields.all("id").filter_map(|id| id.parse().ok()).collect();
    if ids.len() > MAX_TICKED { Err(Error::BadRequest) } else { Ok(ids) }
}

/// The filters of the list that the user came from.
fn list_of(fields: &Fields) -> Filters {
    Filters::read(&Fields::parse(fields.get("list").as_bytes()).unwrap_or_default())
}

#[derive(Template)]
#[template(path = "schedules/list/cancellations.html")]
struct CancellationsPage {
    pending: Vec<Line>,
    others: Vec<Line>,
    list: String,
    back: String,
    reason: String,
    error: Option<String>,
    is_dialog: bool,
}

/// The result, if some were no longer pending.
#[derive(Template)]
#[template(path = "schedules/list/cancelled.html")]
struct CancellationsResult {
    cancelled: usize,
    others: Vec<Line>,
    back: String,
}

struct Line {
    id: String,
    contact: String,
    when: String,
    status: Status,
}

impl CancellationsPage {
    fn new(zone: Zone, chosen: Vec<TickedSchedule>, list: &Filters) -> Self {
        let (pending, others) = chosen.into_iter().partition(|one| !one.status.is_final());
        Self {
            pending: lines(zone, pending),
            others: lines(zone, others),
            list: list.address("", &[]).trim_start_matches('?').to_owned(),
            back: list.address(PATH, &[]),
            reason: String::new(),
            error: None,
            is_dialog: false,
        }
    }

    /// The same page with the typed reason and its error.
    fn refused(self, reason: &str, error: String) -> Self {
        Self { reason: reason.to_owned(), error: Some(error), ..self }
    }

    fn title(&self) -> String {
        match self.pending.len() {
            0 => "Nenhum destes agendamentos está pendente".into(),
            1 => "Cancelar 1 agendamento?".into(),
            n => format!("Cancelar {n} agendamentos?"),
        }
    }
}

impl CancellationsResult {
    fn title(&self) -> String {
        match self.cancelled {
            0 => "Nenhum agendamento foi cancelado".into(),
            1 => "1 agendamento cancelado".into(),
            n => format!("{n} agendamentos cancelados"),
        }
    }
}

fn lines(zone: Zone, chosen: Vec<TickedSchedule>) -> Vec<Line> {
    let line = |one: TickedSchedule| Line {
        id: one.id.to_string(),
        contact: one.contact_name,
        when: zone.date_time(one.due_at),
        status: one.status,
    };
    chosen.into_iter().map(line).collect()
}

//! Moves a pending schedule to another time and changes nothing else.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::calendar::PATH;
use super::editing::{self, EditOutcome, Move};
use super::form::{Due, Fold};
use super::list::{Filters, Query};
use super::queries::{self, Detail};
use super::slot::Slot;
use super::views::suggestion;
use crate::auth::{Can, ManageSchedules, Viewer};
use crate::clock::{self, Zone};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ScheduleId;
use crate::refusal::FieldErrors;
use crate::web::{Fields, Posted, Shell, redirect_with};

const TITLE: &str = "Mover agendamento";

const OTHER_ZONE: &str = "O fuso horário da empresa mudou enquanto você movia o agendamento. Confira a data e a hora e mova de novo.";

pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
    query: Query,
) -> Result<HttpResponse> {
    let (detail, version) = load(&db, &viewer, id.into_inner()).await?;
    if detail.status.is_final() {
        return Ok(redirect_with(
            &format!("/schedules/{}", detail.id),
            crate::schedules::SCHEDULE_NOT_PENDING,
        ));
    }
    let typed = MoveForm {
        due_at: clock::typed(viewer.zone.local(detail.due_at)),
        due_fold: Fold::of(viewer.zone, detail.due_at).map_or("", Fold::as_str).into(),
        version,
        zone: viewer.zone.name().into(),
        list: query.0.get("list").into(),
    };
    let view = TimePage::new(viewer.zone, &detail, typed);
    shell.page(TITLE, view)
}

/// Moves the schedule. After a drag by mouse, the script gets an empty answer on success.
pub async fn update(
    viewer: Can<ManageSchedules>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (id, typed) = (id.into_inner(), MoveForm::read(&form));
    let (due_local, due_fold) = (typed.due_at.clone(), typed.due_fold.clone());
    let wanted = Move { id, version: typed.version, zone: typed.zone.clone(), due_local, due_fold };
    let who = viewer.clone();
    let mut is_of_other_zone = false;
    let (status, errors, offered) =
        match db.transaction_on(id, move |conn| editing::move_to(conn, &who, &wanted)).await? {
            EditOutcome::Saved { .. } if shell.is_htmx => return Ok(HttpResponse::NoContent().finish()),
            EditOutcome::Saved { .. } => return Ok(redirect_with(&typed.back(), "Agendamento movido.")),
            EditOutcome::Refused { errors, slot } => {
                (StatusCode::UNPROCESSABLE_ENTITY, errors, Offered::of(slot))
            }
            EditOutcome::Stale(stale) => {
                is_of_other_zone = stale.is_of_other_zone;
                (StatusCode::CONFLICT, FieldErrors::default(), Offered::default())
            }
            // A move closes no ticket.
            EditOutcome::Asks(_) => return Err(Error::Conflict),
        };
    let (detail, version) = load(&db, &viewer, id).await?;
    let is_stale = status == StatusCode::CONFLICT;
    let zone = viewer.zone.name().into();
    let mut view = TimePage::new(viewer.zone, &detail, MoveForm { version, zone, ..typed });
    view.is_dialog = shell.is_htmx;
    view.refuse(viewer.zone, errors, offered, is_stale);
    if is_of_other_zone && view.is_pending {
        view.error = Some(OTHER_ZONE.into());
    }
    shell.page_with(status, &format!("Erro: {TITLE}"), view)
}

async fn load(db: &Db, viewer: &Viewer, id: ScheduleId) -> Result<(Detail, i32)> {
    let who = viewer.clone();
    db.run(move |conn| Ok((queries::detail(conn, &who, id)?, queries::stored(conn, id)?.version))).await
}

/// The submitted form.
struct MoveForm {
    due_at: String,
    /// Which of the two, if the clocks repeat this time.
    due_fold: String,
    version: i32,
    /// The company's time zone when the page was rendered.
    zone: String,
    /// The query string of the calendar that the user came from.
    list: String,
}

impl MoveForm {
    fn read(form: &Fields) -> Self {
        let (due_at, due_fold) = match form.get("use_slot") {
            "" => (form.get("due_at"), form.get("due_fold")),
            slot => slot.split_once(' ').unwrap_or((slot, "")),
        };
        Self {
            due_at: due_at.to_owned(),
            due_fold: due_fold.to_owned(),
            version: form.get("version").parse().unwrap_or(0),
            zone: form.get("zone").to_owned(),
            list: form.get("list").to_owned(),
        }
    }

    fn back(&self) -> String {
        let fields = Fields::parse(self.list.as_bytes()).unwrap_or_default();
        let known = |name| Some((name, fields.get(name))).filter(|(_, value)| !value.is_empty());
        let more: Vec<(&str, &str)> = ["view", "date"].into_iter().filter_map(known).collect();
        Filters::read(&fields).address(PATH, &more)
    }
}

/// The times offered in place of a refused one.
#[derive(Default)]
struct Offered {
    hint: &'static str,
    times: Vec<DateTime<Utc>>,
}

impl Offered {
    fn of(slot: Slot) -> Self {
        let conflict = slot.conflict.map(|conflict| [conflict.before, conflict.after]);
        match (conflict, slot.due) {
            (Some(free), _) => Self {
                hint: "Deixe um intervalo entre agendamentos próximos. Horários livres mais próximos:",
                times: free.into_iter().flatten().collect(),
            },
            (None, Due::Asked(_, times)) => Self { hint: "Escolha um horário:", times },
            (None, Due::Never(beside)) => Self {
                hint: "Horários válidos mais próximos:",
                times: beside.into_iter().flatten().collect(),
            },
            (None, Due::Twice(twins)) => Self { hint: "Escolha um horário:", times: twins.into() },
            (None, _) => Self::default(),
        }
    }
}

/// The page, or the dialog that a refused move opens.
#[derive(Template)]
#[template(path = "schedules/time.html")]
struct TimePage {
    id: String,
    contact: String,
    now_at: String,
    hint: String,
    due_at: String,
    due_fold: String,
    version: i32,
    zone: String,
    list: String,
    back: String,
    error: Option<String>,
    /// What the times below it are.
    slots_hint: &'static str,
    slots: Vec<(String, String)>,
    /// Whether it may still be moved.
    is_pending: bool,
    is_dialog: bool,
}

impl TimePage {
    fn new(zone: Zone, detail: &Detail, typed: MoveForm) -> Self {
        Self {
            id: detail.id.to_string(),
            contact: detail.contact_name.clone(),
            now_at: zone.date_time(detail.due_at),
            hint: crate::settings::zone_hint(zone),
            back: typed.back(),
            due_at: clock::parse_typed(&typed.due_at).map_or(typed.due_at, clock::typed),
            due_fold: typed.due_fold,
            version: typed.version,
            zone: typed.zone,
            list: typed.list,
            error: None,
            slots_hint: "",
            slots: Vec::new(),
            is_pending: !detail.status.is_final(),
            is_dialog: false,
        }
    }

    fn refuse(&mut self, zone: Zone, errors: FieldErrors, offered: Offered, is_stale: bool) {
        self.slots = offered.times.into_iter().map(|at| suggestion(zone, at)).collect();
        self.slots_hint = offered.hint;
        let first = errors
            .of("due_at")
            .or(errors.of("when"))
            .or_else(|| errors.iter().next().map(|error| error.message.as_str()));
        self.error = Some(match (first, is_stale, self.is_pending) {
            (_, true, true) => "Este agendamento mudou enquanto você o movia. Confira e mova de novo.".into(),
            (_, true, false) => "Este agendamento já não está pendente e não pode mais ser movido.".into(),
            (Some(message), ..) => message.to_owned(),
            (None, ..) => "Não foi possível mover o agendamento. Edite-o para ver o que falta.".into(),
        });
    }
}

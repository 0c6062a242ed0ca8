//! Deactivating and reactivating a department.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::queries::{self, Channel, Department, Other};
use super::views::Departure;
use super::{members, sight};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageDepartments};
use crate::db::Db;
use crate::departures::{self, InHand, Leaver};
use crate::error::Result;
use crate::ids::DepartmentId;
use crate::schedules::handover::{self, Clash, Handover};
use crate::tickets;
use crate::web::{Fields, Posted, Shell, redirect, redirect_with};

/// What the page that asks before a deactivation shows.
pub struct Work {
    pub department: Department,
    pub in_hand: InHand,
    /// The pending schedules that open a ticket.
    pub opening: i64,
    pub channels: Vec<Channel>,
    pub others: Vec<Other>,
}

/// The departments chosen to take over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heirs {
    /// Receives the first messages of the channels.
    pub channels: Option<DepartmentId>,
    /// Receives the pending schedules and open tickets; `None` if they stay.
    pub work: Option<DepartmentId>,
}

/// Why the department was not deactivated.
pub enum Refused {
    /// Channels need another department, but no other is active.
    Last,
    /// No other department was chosen for the channels.
    Channels,
    /// The department chosen for the work is not another active one.
    Work,
    /// These schedules would be too close to others in the chosen department.
    TooNear(Vec<Clash>),
    /// The user who deactivates would see conversations that they could not see before.
    Oneself(Takes),
}

/// What would give conversations to the user who deactivates the department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// First messages would wait in one of their departments.
    Channels,
    /// The work would go to one of their departments, or they would join the receiving department as its
    /// attendant.
    Work,
    /// Without this department, its customers' next messages would go to the default department of their
    /// channel, which is one of theirs.
    NextMessages,
}

/// Shows what the deactivation affects, and asks for confirmation.
pub async fn ask(
    viewer: Can<ManageDepartments>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let work = db.run(move |conn| work(conn, id)).await?;
    if !work.department.is_active {
        return Ok(redirect(&format!("/departments/{id}")));
    }
    let view = Departure::new(&viewer, work);
    shell.page("Desativar departamento", view)
}

pub async fn deactivate(
    viewer: Can<ManageDepartments>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let (id, who, heirs) = (id.into_inner(), viewer.clone(), Heirs::read(&form));
    match db.transaction(move |conn| leave(conn, id, heirs, &who)).await? {
        Ok(()) => Ok(redirect_with("/departments", "Departamento desativado.")),
        Err(refused) => {
            let work = db.run(move |conn| work(conn, id)).await?;
            let view = Departure::new(&viewer, work).refused(heirs, refused);
            let title = "Erro: Desativar departamento";
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, title, view)
        }
    }
}

pub async fn reactivate(
    viewer: Can<ManageDepartments>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        queries::find(conn, id)?;
        if !queries::reactivate(conn, id)? {
            return Ok(());
        }
        audit::record(conn, &audit::Entry::of(Action::DepartmentReactivated).by(&who).about(Some(id.0)))
    })
    .await?;
    Ok(redirect_with(&format!("/departments/{id}"), "Departamento reativado."))
}

impl Heirs {
    fn read(form: &Fields) -> Self {
        let chosen = |name| form.get(name).parse().ok();
        Self { channels: chosen("channels_to"), work: chosen("work_to") }
    }
}

fn work(conn: &mut PgConnection, id: DepartmentId) -> Result<Work> {
    Ok(Work {
        department: queries::find(conn, id)?,
        in_hand: departures::in_hand(conn, Leaver::Department(id))?,
        opening: queries::opening(conn, id)?,
        channels: queries::channels(conn, id)?,
        others: queries::active_others(conn, id)?,
    })
}

/// What would let `who` see conversations that they could not see before, if anything.
fn takes_over(
    conn: &mut PgConnection,
    who: &Account,
    from: DepartmentId,
    channels_to: Option<DepartmentId>,
    work_to: Option<DepartmentId>,
) -> Result<Option<Takes>> {
    if let Some(to) = channels_to
        && !sight::may_lead(conn, who, from, to)?
    {
        return Ok(Some(Takes::Channels));
    }
    if let Some(to) = work_to {
        if !sight::may_lead(conn, who, from, to)? {
            return Ok(Some(Takes::Work));
        }
        for user in queries::would_go_along(conn, from, to)? {
            if !sight::may_add(conn, who, user, to)? {
                return Ok(Some(Takes::Work));
            }
        }
    }
    Ok((!sight::may_close(conn, who, from)?).then_some(Takes::NextMessages))
}

fn leave(
    conn: &mut PgConnection,
    id: DepartmentId,
    heirs: Heirs,
    by: &Account,
) -> Result<Result<(), Refused>> {
    queries::lock_leaving(conn, id)?;
    if !queries::find(conn, id)?.is_active {
        return Ok(Ok(()));
    }
    let others = queries::active_others(conn, id)?;
    let is_other = |heir: &DepartmentId| others.iter().any(|other| other.id == *heir);
    let channels = queries::channels(conn, id)?;
    match heirs.channels.filter(is_other) {
        None if !channels.is_empty() && others.is_empty() => return Ok(Err(Refused::Last)),
        None if !channels.is_empty() => return Ok(Err(Refused::Channels)),
        _ => {}
    }
    if heirs.work.is_some_and(|to| !is_other(&to)) {
        return Ok(Err(Refused::Work));
    }
    let channels_to = heirs.channels.filter(|_| !channels.is_empty());
    if let Some(takes) = takes_over(conn, by, id, channels_to, heirs.work)? {
        return Ok(Err(Refused::Oneself(takes)));
    }
    let mut details = json!({});
    if let Some(to) = heirs.work {
        let moved = match handover::hand_over(conn, &[Handover::Department { of: id, to }], by)? {
            Ok(moved) => moved,
            Err(clashes) => return Ok(Err(Refused::TooNear(clashes))),
        };
        for user in queries::enrol_attendants(conn, to, &moved)? {
            members::tell(conn, Action::MemberAdded, (to, user), by)?;
        }
        let tickets = tickets::hand_over(conn, tickets::Handover::Department { of: id, to }, by)?;
        details = json!({ "to": to, "schedules_moved": moved.len(), "tickets_moved": tickets });
    }
    if let (Some(to), false) = (heirs.channels, channels.is_empty()) {
        queries::redirect(conn, &channels, to)?;
        for channel in &channels {
            let entry = audit::Entry::of(Action::ChannelRedirected).by(by).about(Some(channel.id.0));
            audit::record(conn, &entry.with(json!({ "department_id": to })))?;
        }
    }
    queries::deactivate(conn, id)?;
    let entry = audit::Entry::of(Action::DepartmentDeactivated).by(by).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    Ok(Ok(()))
}

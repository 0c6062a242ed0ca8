//! Deactivating an attendant, and taking them back.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::handlers::LAST_ADMINISTRATOR;
use super::queries::{self, Candidate, Held, Standing, User};
use super::saving::managed;
use super::views::{Departure, Return};
use crate::audit::{self, Action};
use crate::auth::{Can, ClientIp, ManageUsers, Viewer};
use crate::db::Db;
use crate::departures::{self, InHand, Leaver};
use crate::error::{Error, Result};
use crate::ids::{DepartmentId, UserId};
use crate::schedules::handover::{self, Clash, Handover};
use crate::tickets;
use crate::web::{Fields, Flash, Posted, Shell, redirect_with};

/// What the question before a departure shows.
pub struct Work {
    pub user: User,
    pub held: Vec<Held>,
    pub candidates: Vec<Candidate>,
    pub in_hand: InHand,
}

/// To whom the work of each department goes; what is missing stays in its queue.
pub type Heirs = BTreeMap<DepartmentId, UserId>;

/// Why nobody was deactivated.
pub enum Refused {
    /// Who was chosen attends that department no more.
    NoAttendant,
    /// These would be too near to others of the heir's.
    TooNear(Vec<Clash>),
    LastAdministrator,
}

/// Shows what a departure touches, and asks.
///
/// # Errors
/// `NotFound`; `Forbidden` beyond the viewer's reach.
pub async fn ask(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let work = work(&viewer, &db, id).await?;
    if work.user.standing == Standing::Inactive {
        return Ok(redirect_with(&format!("/users/{id}"), Flash::UserDeactivated));
    }
    let view = Departure::new(&viewer, &shell.csrf, work);
    shell.page(&viewer, "Desativar atendente", view)
}

/// Deactivates; sessions and links end at once. Takes an invitation back.
///
/// # Errors
/// `NotFound`; `Forbidden` beyond the viewer's reach, and for the viewer's own account.
pub async fn deactivate(
    viewer: Can<ManageUsers>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    (id, ClientIp(ip)): (web::Path<UserId>, ClientIp),
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    let before = work(&viewer, &db, id).await?;
    let heirs = heirs(&form, &before.held);
    let chosen = heirs.clone();
    let left = db.transaction(move |conn| leave(conn, id, &chosen, &who, &ip)).await;
    let refused = match left {
        Ok(Ok(())) => return Ok(redirect_with(&format!("/users/{id}"), Flash::UserDeactivated)),
        Ok(Err(refused)) => refused,
        Err(error) if error.violated_constraint() == Some("last_administrator") => Refused::LastAdministrator,
        Err(error) => return Err(error),
    };
    let view = Departure::new(&viewer, &shell.csrf, before).refused(&heirs, refused, LAST_ADMINISTRATOR);
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &viewer, "Erro: Desativar atendente", view)
}

/// Shows what comes back with an attendant, and asks.
///
/// # Errors
/// `NotFound`; `Forbidden` beyond the viewer's reach.
pub async fn ask_return(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let work = work(&viewer, &db, id).await?;
    if work.user.standing != Standing::Inactive || !work.user.has_password {
        return Ok(crate::web::redirect(&format!("/users/{id}")));
    }
    let view = Return::new(&shell.csrf, &work);
    shell.page(&viewer, "Reativar atendente", view)
}

/// # Errors
/// `NotFound`; `Forbidden` beyond the viewer's reach; `Conflict` for somebody who never had a password.
pub async fn reactivate(
    viewer: Can<ManageUsers>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<UserId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        let user = managed(conn, id, &who)?;
        match (user.standing, user.has_password) {
            (Standing::Active, _) => return Ok(()),
            (_, false) => return Err(Error::Conflict),
            (_, true) => queries::reactivate(conn, id)?,
        }
        let entry = audit::Entry::of(Action::UserReactivated).by(who.id).about(Some(id.0)).from(&ip);
        audit::record(conn, &entry)
    })
    .await?;
    Ok(redirect_with(&format!("/users/{id}"), Flash::UserReactivated))
}

async fn work(viewer: &Viewer, db: &Db, id: UserId) -> Result<Work> {
    let who = viewer.clone();
    db.transaction(move |conn| {
        Ok(Work {
            user: managed(conn, id, &who)?,
            held: queries::held(conn, id)?,
            candidates: queries::candidates(conn, id)?,
            in_hand: departures::in_hand(conn, Leaver::Attendant(id))?,
        })
    })
    .await
}

fn heirs(form: &Fields, held: &[Held]) -> Heirs {
    let heir = |held: &Held| {
        let chosen = form.get(&format!("heir_{}", held.department_id)).parse().ok()?;
        Some((held.department_id, chosen))
    };
    held.iter().filter_map(heir).collect()
}

fn leave(
    conn: &mut PgConnection,
    id: UserId,
    heirs: &Heirs,
    by: &Viewer,
    ip: &str,
) -> Result<Result<(), Refused>> {
    if id == by.id {
        return Err(Error::Forbidden);
    }
    let user = managed(conn, id, by)?;
    if user.standing != Standing::Active {
        if queries::revoke_link(conn, id)? {
            let entry = audit::Entry::of(Action::UserDeactivated).by(by.id).about(Some(id.0)).from(ip);
            audit::record(conn, &entry)?;
        }
        return Ok(Ok(()));
    }
    let mut handovers = Vec::new();
    for (department, heir) in heirs {
        if *heir == id || !queries::attends(conn, *heir, *department)? {
            return Ok(Err(Refused::NoAttendant));
        }
        handovers.push(Handover::Attendant { of: id, department: *department, to: *heir });
    }
    let moved = match handover::hand_over(conn, &handovers, by, ip)? {
        Ok(moved) => moved.len(),
        Err(clashes) => return Ok(Err(Refused::TooNear(clashes))),
    };
    let mut handed_over = 0;
    for held in queries::held(conn, id)? {
        let department = held.department_id;
        let ticket = tickets::Handover::Attendant { of: id, department, to: heirs.get(&department).copied() };
        handed_over += tickets::hand_over(conn, ticket, by.id, ip)?;
    }
    queries::deactivate(conn, id)?;
    let details = json!({ "schedules_handed_over": moved, "tickets_handed_over": handed_over });
    let entry = audit::Entry::of(Action::UserDeactivated).by(by.id).about(Some(id.0)).with(details);
    audit::record(conn, &entry.from(ip))?;
    Ok(Ok(()))
}

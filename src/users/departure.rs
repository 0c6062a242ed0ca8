//! Deactivating and reactivating an attendant.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::handlers::LAST_ADMINISTRATOR;
use super::queries::{self, Standing, User};
use super::saving::{held, managed};
use super::views::{Departure, Return};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageUsers, Viewer};
use crate::db::Db;
use crate::departures::{self, Candidate, Heirs, Held, InHand, Leaver};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::web::{Posted, Shell, redirect_with};

/// The data of the page that asks for confirmation.
pub struct Work {
    pub user: User,
    pub held: Vec<Held>,
    pub candidates: Vec<Candidate>,
    pub in_hand: InHand,
}

/// Why the user was not deactivated.
pub enum Refused {
    Work(departures::Refused),
    LastAdministrator,
}

/// Shows the work that the deactivation affects, and asks for confirmation.
pub async fn ask(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let work = work(&viewer, &db, id).await?;
    if work.user.standing == Standing::Inactive {
        return Ok(redirect_with(&format!("/users/{id}"), crate::users::USER_DEACTIVATED));
    }
    let view = Departure::new(&viewer, work);
    shell.page("Desativar atendente", view)
}

/// Deactivates the user and ends their sessions and links at once. For an invited user, withdraws the
/// invitation.
pub async fn deactivate(
    viewer: Can<ManageUsers>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    let before = work(&viewer, &db, id).await?;
    let heirs = departures::heirs(&form, before.held.iter().map(|held| held.department_id));
    let chosen = heirs.clone();
    let left = db.transaction(move |conn| leave(conn, id, &chosen, &who)).await;
    let refused = match left {
        Ok(Ok(())) => return Ok(redirect_with(&format!("/users/{id}"), crate::users::USER_DEACTIVATED)),
        Ok(Err(refused)) => refused,
        Err(error) if error.violated_constraint() == Some("last_administrator") => Refused::LastAdministrator,
        Err(error) => return Err(error),
    };
    let view = Departure::new(&viewer, before).refused(&heirs, refused, LAST_ADMINISTRATOR);
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Desativar atendente", view)
}

/// Shows the work that the user gets back, and asks for confirmation.
pub async fn ask_return(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| held(conn, id, &who)).await?;
    let work = work(&viewer, &db, id).await?;
    if work.user.standing != Standing::Inactive || !work.user.has_password {
        return Ok(crate::web::redirect(&format!("/users/{id}")));
    }
    let view = Return::new(&work);
    shell.page("Reativar atendente", view)
}

pub async fn reactivate(
    viewer: Can<ManageUsers>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        let user = held(conn, id, &who)?;
        match (user.standing, user.has_password) {
            (Standing::Active, _) => return Ok(()),
            (_, false) => return Err(Error::Conflict),
            (_, true) => queries::reactivate(conn, id)?,
        }
        audit::record(conn, &audit::Entry::of(Action::UserReactivated).by(&who).about(Some(id.0)))
    })
    .await?;
    Ok(redirect_with(&format!("/users/{id}"), "Atendente reativado."))
}

async fn work(viewer: &Viewer, db: &Db, id: UserId) -> Result<Work> {
    let who = viewer.clone();
    db.transaction(move |conn| {
        Ok(Work {
            user: managed(conn, id, &who)?,
            held: departures::held(conn, id, None)?,
            candidates: departures::candidates(conn, id)?,
            in_hand: departures::in_hand(conn, Leaver::Attendant(id))?,
        })
    })
    .await
}

fn leave(conn: &mut PgConnection, id: UserId, heirs: &Heirs, by: &Account) -> Result<Result<(), Refused>> {
    if id == by.id {
        return Err(Error::Forbidden);
    }
    // Also locks the users who take over, because users are locked in the order of their ids.
    departures::lock_users(conn, &heirs.values().copied().chain([id]).collect::<Vec<_>>())?;
    let user = managed(conn, id, by)?;
    if user.standing != Standing::Active {
        if queries::revoke_link(conn, id)? {
            audit::record(conn, &audit::Entry::of(Action::UserDeactivated).by(by).about(Some(id.0)))?;
        }
        return Ok(Ok(()));
    }
<<<<<<< HEAD
    let moved = match departures::hand_over(conn, (id, None), heirs, by)? {
=======
    let moved = match departures::hand_over(conn, id, None, heirs, by)? {
>>>>>>> 3ec05c3 (users, departments, roles, settings: Take who asks as an Account)
        Ok(moved) => moved,
        Err(refused) => return Ok(Err(Refused::Work(refused))),
    };
    queries::deactivate(conn, id)?;
    let details = json!({ "schedules_handed_over": moved.schedules, "tickets_handed_over": moved.tickets });
    let entry = audit::Entry::of(Action::UserDeactivated).by(by).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    Ok(Ok(()))
}

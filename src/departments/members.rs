//! Adding and removing members of a department.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::{queries, sight};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageDepartments};
use crate::db::Db;
use crate::departures::{Leave, Left};
use crate::error::{Error, Result};
use crate::ids::{DepartmentId, UserId};
use crate::live::{self, Event};
use crate::web::{Posted, Shell, redirect_with};

pub async fn add(
    viewer: Can<ManageDepartments>,
    form: Posted,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let user: UserId = form.get("user_id").parse().map_err(|_| Error::NotFound)?;
    let (id, who) = (id.into_inner(), viewer.clone());
    let is_added = db.transaction(move |conn| take_in(conn, id, user, &who)).await?;
    let flash = if is_added {
        "Atendente incluído no departamento."
    } else {
        "Quem inclui não pode passar a ver conversas por conta própria. Peça a outra pessoa para incluir."
    };
    Ok(redirect_with(&format!("/departments/{id}"), flash))
}

/// `false` if `by` would see conversations that they could not see before.
fn take_in(conn: &mut PgConnection, id: DepartmentId, user: UserId, by: &Account) -> Result<bool> {
    queries::find(conn, id)?;
    if !crate::users::is_there(conn, user)? {
        return Err(Error::NotFound);
    }
    if queries::is_member(conn, id, user)? {
        return Ok(true);
    }
    if !sight::may_add(conn, by, user, id)? {
        return Ok(false);
    }
    if queries::add(conn, id, user)? {
        tell(conn, Action::MemberAdded, (id, user), by)?;
    }
    Ok(true)
}

/// Removes a member. If they have open work, shows it first and asks for confirmation (422). Can be repeated.
pub async fn remove(
    viewer: Can<ManageDepartments>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    path: web::Path<(DepartmentId, UserId)>,
) -> Result<HttpResponse> {
    let ((id, user), who) = (path.into_inner(), viewer.clone());
    let leave = Leave::read(&form, user, vec![id]);
    let wish = leave.clone();
    let left = db.transaction(move |conn| take_out(conn, &wish, id, &who)).await?;
    let Left::Asks(refused) = left else {
        return Ok(redirect_with(&format!("/departments/{id}"), "Atendente retirado do departamento."));
    };
    let who = viewer.clone();
    let question = db.run(move |conn| {
        let name = crate::users::name_of(conn, user)?;
        leave.question(conn, &who, name)
    });
    let (page, path) = (question.await?, format!("/departments/{id}"));
    let page = page.answered_at(format!("{path}/members/{user}/removal"), path, Vec::new());
    let page = match &refused {
        Some(refused) => page.refused(&viewer, refused),
        None => page,
    };
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Retirar atendente", page)
}

fn take_out(conn: &mut PgConnection, leave: &Leave, id: DepartmentId, by: &Account) -> Result<Left> {
    if !queries::is_member(conn, id, leave.user)? {
        queries::find(conn, id)?;
        return if crate::users::is_there(conn, leave.user)? {
            Ok(Left::Moved)
        } else {
            Err(Error::NotFound)
        };
    }
    let left = leave.carry_out(conn, by)?;
    if matches!(left, Left::Moved) && queries::remove(conn, id, leave.user)? {
        tell(conn, Action::MemberRemoved, (id, leave.user), by)?;
    }
    Ok(left)
}

/// Records the change and makes the user's open pages check again what they may see.
pub(super) fn tell(
    conn: &mut PgConnection,
    action: Action,
    (id, user): (DepartmentId, UserId),
    by: &Account,
) -> Result<()> {
    let entry = audit::Entry::of(action).by(by).about(Some(id.0)).with(json!({ "user_id": user }));
    audit::record(conn, &entry)?;
    live::announce(conn, &Event::RightsChanged(vec![user]))
}

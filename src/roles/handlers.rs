//! The pages of roles.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::form::{Typed, snapshot};
use super::history;
use super::queries::{self, Role};
use super::views::{Edit, Index};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageRoles, Permissions, Viewer};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::RoleId;
use crate::live::{self, Event};
use crate::web::{FieldErrors, Posted, Refusal, Shell, Stale, redirect_with};

pub async fn index(viewer: Can<ManageRoles>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let roles = db.run(queries::all).await?;
    shell.page("Cargos", Index::new(&viewer, roles))
}

pub async fn new(viewer: Can<ManageRoles>, shell: Shell) -> Result<HttpResponse> {
    let view = Edit::blank(&viewer);
    shell.page("Novo cargo", view)
}

pub async fn create(
    viewer: Can<ManageRoles>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (typed, sent, who) = (Typed::read(&form), Typed::read(&form), viewer.clone());
    match judged(db.transaction(move |conn| add(conn, &sent, &who)).await)? {
        Ok(()) => Ok(redirect_with("/roles", "Cargo criado.")),
        Err(refusal) => {
            let view = Edit::blank(&viewer).refused(&viewer, typed, refusal);
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Novo cargo", view)
        }
    }
}

pub async fn edit(
    viewer: Can<ManageRoles>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<RoleId>,
) -> Result<HttpResponse> {
    let view = page(&viewer, &db, id.into_inner()).await?;
    shell.page("Editar cargo", view)
}

/// Saves the role. The change takes effect with the members' next request.
pub async fn update(
    viewer: Can<ManageRoles>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<RoleId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    let (typed, sent) = (Typed::read(&form), Typed::read(&form));
    match judged(db.transaction(move |conn| save(conn, id, &sent, &who)).await)? {
        Ok(()) => Ok(redirect_with("/roles", "Cargo salvo.")),
        Err(refusal) => {
            let status = refusal.status();
            let view = page(&viewer, &db, id).await?.refused(&viewer, typed, refusal);
            shell.page_with(status, "Erro: Editar cargo", view)
        }
    }
}

async fn page(viewer: &Viewer, db: &Db, id: RoleId) -> Result<Edit> {
    let (role, members, changes) = db
        .run(move |conn| {
            let changes = audit::newest_about(conn, history::AUDITED, id.0, history::SHOWN)?;
            Ok((queries::find(conn, id)?, queries::members(conn, id)?, changes))
        })
        .await?;
    Ok(Edit::new(viewer, role, members, &changes))
}

/// Turns a name that another role has into an error of the form.
fn judged(saved: Result<Result<(), Refusal>>) -> Result<Result<(), Refusal>> {
    match saved {
        Err(error) if error.violated_constraint() == Some("roles_name_key") => {
            let mut errors = FieldErrors::default();
            errors.add("name", "Já existe um cargo com este nome.");
            Ok(Err(errors.into()))
        }
        outcome => outcome,
    }
}

fn add(conn: &mut PgConnection, typed: &Typed, editor: &Account) -> Result<Result<(), Refusal>> {
    let draft = match typed.parse(editor, Permissions::default()) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let id = queries::insert(conn, &draft)?;
    let entry = audit::Entry::of(Action::RoleCreated).by(editor).about(Some(id.0));
    audit::record(conn, &entry.with(history::details_of_new(&draft)))?;
    Ok(Ok(()))
}

fn save(conn: &mut PgConnection, id: RoleId, typed: &Typed, editor: &Account) -> Result<Result<(), Refusal>> {
    let role: Role = queries::find_for_update(conn, id)?;
    if !role.may_be_edited_by(editor) {
        return Err(Error::Forbidden);
    }
    let draft = match typed.parse(editor, role.permissions()) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let Some(details) = history::details(&role, &draft) else { return Ok(Ok(())) };
    if let Some(stale) = Stale::since(&typed.version, &snapshot(&role), format!("/roles/{id}")) {
        let last = audit::newest_about(conn, history::AUDITED, id.0, 1)?.pop();
        return Ok(Err(stale.by(last, editor.zone)));
    }
    queries::save(conn, id, &draft)?;
    let entry = audit::Entry::of(Action::RoleEdited).by(editor).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    let members = queries::member_ids(conn, id)?;
    live::announce(conn, &Event::RightsChanged(members))?;
    Ok(Ok(()))
}

//! The pages of roles.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::form::Typed;
use super::queries::{self, Role};
use super::views::{Edit, Index};
use crate::audit::{self, Action};
use crate::auth::{Can, ClientIp, ManageRoles, Permissions, Viewer};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::RoleId;
use crate::live::{self, Event};
use crate::web::{FieldErrors, Flash, Posted, Shell, redirect_with};

/// # Errors
/// The database is unreachable.
pub async fn index(viewer: Can<ManageRoles>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let roles = db.run(queries::all).await?;
    shell.page(&viewer, "Cargos", Index::new(&viewer, roles))
}

/// # Errors
/// `NotFound`.
pub async fn edit(
    viewer: Can<ManageRoles>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<RoleId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (role, members) =
        db.run(move |conn| Ok((queries::find(conn, id)?, queries::members(conn, id)?))).await?;
    let view = Edit::new(&viewer, &shell.csrf, role, members);
    shell.page(&viewer, "Editar cargo", view)
}

/// Saves; what counts for the members from their next request.
///
/// # Errors
/// `NotFound`; `Forbidden` for the administrator role and the editor's own.
pub async fn update(
    viewer: Can<ManageRoles>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<RoleId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    let (typed, sent) = (Typed::read(&form), Typed::read(&form));
    let saved = db.transaction(move |conn| save(conn, id, &sent, &who, &ip)).await;
    let errors = match saved {
        Ok(Ok(())) => return Ok(redirect_with("/roles", Flash::RoleSaved)),
        Ok(Err(errors)) => errors,
        Err(error) if error.violated_constraint() == Some("roles_name_key") => {
            let mut errors = FieldErrors::default();
            errors.add("name", "Já existe um cargo com este nome.");
            errors
        }
        Err(error) => return Err(error),
    };
    let (role, members) =
        db.run(move |conn| Ok((queries::find(conn, id)?, queries::members(conn, id)?))).await?;
    let view = Edit::new(&viewer, &shell.csrf, role, members).refused(&viewer, typed, errors);
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &viewer, "Erro: Editar cargo", view)
}

fn save(
    conn: &mut diesel::pg::PgConnection,
    id: RoleId,
    typed: &Typed,
    editor: &Viewer,
    ip: &str,
) -> Result<Result<(), FieldErrors>> {
    let role: Role = queries::find_for_update(conn, id)?;
    if !role.may_be_edited_by(editor) {
        return Err(Error::Forbidden);
    }
    let draft = match typed.parse(editor, role.permissions()) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors)),
    };
    queries::save(conn, id, &draft)?;
    let names = |permissions: Permissions| permissions.iter().map(|one| one.as_str()).collect::<Vec<_>>();
    let details =
        serde_json::json!({ "before": names(role.permissions()), "after": names(draft.permissions) });
    let entry = audit::Entry::of(Action::RoleEdited).by(editor.id).about(Some(id.0)).with(details);
    audit::record(conn, &entry.from(ip))?;
    let members = queries::members(conn, id)?.into_iter().map(|member| member.id).collect();
    live::announce(conn, &Event::RightsChanged(members))?;
    Ok(Ok(()))
}

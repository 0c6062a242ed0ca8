//! The pages of roles.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::form::RoleInput;
use super::views::{FormPage, Index};
use super::{history, queries, save};
use crate::audit;
use crate::auth::{Can, ManageRoles, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::ids::RoleId;
use crate::refusal::FieldErrors;
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

pub async fn index(viewer: Can<ManageRoles>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let roles = db.run(queries::all).await?;
    shell.page("Cargos", Index::new(&viewer, roles))
}

pub async fn new(viewer: Can<ManageRoles>, shell: Shell) -> Result<HttpResponse> {
    let view = FormPage::blank(&viewer);
    shell.page("Novo cargo", view)
}

pub async fn create(
    viewer: Can<ManageRoles>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (sent, by) = (RoleInput::read(&form), viewer.clone());
    match name_conflict_as_error(db.transaction(move |conn| save::create(conn, &sent, &by)).await)? {
        Ok(()) => Ok(redirect_with("/roles", "Cargo criado.")),
        Err(errors) => {
            let view = FormPage::blank(&viewer).refused(&viewer, RefusedForm::invalid(errors, &form));
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
    let (id, by, sent) = (id.into_inner(), viewer.clone(), RoleInput::read(&form));
    match name_conflict_as_error(db.transaction(move |conn| save::update(conn, id, &sent, &by)).await)? {
        Ok(()) => Ok(redirect_with("/roles", "Cargo salvo.")),
        Err(refusal) => {
            let refused = RefusedForm::of(refusal, &form, format!("/roles/{id}"), viewer.zone);
            let status = refused.status();
            let view = page(&viewer, &db, id).await?.refused(&viewer, refused);
            shell.page_with(status, "Erro: Editar cargo", view)
        }
    }
}

async fn page(viewer: &Viewer, db: &Db, id: RoleId) -> Result<FormPage> {
    let (role, members, changes) = db
        .run(move |conn| {
            let changes = audit::newest_about(conn, history::AUDITED, id.0, history::MAX_CHANGES_SHOWN)?;
            Ok((queries::find(conn, id)?, queries::members(conn, id)?, changes))
        })
        .await?;
    Ok(FormPage::new(viewer, role, members, &changes))
}

/// Turns a name that another role has into an error of the form.
fn name_conflict_as_error<E: From<FieldErrors>>(saved: Result<Result<(), E>>) -> Result<Result<(), E>> {
    match saved {
        Err(error) if error.violated_constraint() == Some("roles_name_key") => {
            let mut errors = FieldErrors::default();
            errors.add("name", "Já existe um cargo com este nome.");
            Ok(Err(errors.into()))
        }
        outcome => outcome,
    }
}

//! The list of departments, and the page of a department.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde::Deserialize;

use super::form::Name;
use super::save::{self, rename};
use super::views::{CandidateSearch, Edit, Index, New};
use super::{queries, self_access};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageDepartments, Viewer};
use crate::db::{Db, Search};
use crate::error::Result;
use crate::ids::DepartmentId;
use crate::refusal::{FieldErrors, Refusal};
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

/// The query string of a department's page: the search for new members, and the page of members.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PageQuery {
    pub q: String,
    pub after: String,
    pub before: String,
}

/// The audit's actions that a department's history shows.
const AUDITED: &[Action] = &[
    Action::DepartmentCreated,
    Action::DepartmentEdited,
    Action::DepartmentMoved,
    Action::DepartmentDeactivated,
    Action::DepartmentReactivated,
    Action::MemberAdded,
    Action::MemberRemoved,
];

/// Maximum changes shown on the page of a department.
const HISTORY_LIMIT: i64 = 20;

pub async fn index(_: Can<ManageDepartments>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let lines = db.run(queries::all).await?;
    let view = Index::new(lines);
    shell.page("Departamentos", view)
}

pub async fn new(_: Can<ManageDepartments>, shell: Shell) -> Result<HttpResponse> {
    let view = New::of("", FieldErrors::default());
    shell.page("Novo departamento", view)
}

pub async fn create(
    viewer: Can<ManageDepartments>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (typed, by) = (form.get("name").to_owned(), viewer.clone());
    let created = match Name::parse(&typed) {
        Err(message) => Err(name_error(message)),
        Ok(name) => name_conflict_as_error(db.transaction(move |conn| save::create(conn, &name, &by)).await)?,
    };
    match created {
        Ok(id) => {
            Ok(redirect_with(&format!("/departments/{id}"), "Departamento criado. Escolha quem atende nele."))
        }
        Err(errors) => {
            let view = New::of(&typed, errors);
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Novo departamento", view)
        }
    }
}

pub async fn edit(
    viewer: Can<ManageDepartments>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse> {
    let view = page(&viewer, &db, id.into_inner(), query.into_inner()).await?;
    let name = view.name();
    shell.page(&name, view)
}

pub async fn update(
    viewer: Can<ManageDepartments>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    let seen = form.get("version").to_owned();
    let saved = match Name::parse(form.get("name")) {
        Err(message) => Err(Refusal::Invalid(name_error(message))),
        Ok(name) => {
            let saving = db.transaction(move |conn| rename(conn, id, &name, &seen, &by));
            match name_conflict_as_error(saving.await)? {
                Ok(renamed) => renamed.map_err(Refusal::Stale),
                Err(errors) => Err(Refusal::Invalid(errors)),
            }
        }
    };
    match saved {
        Ok(()) => Ok(redirect_with("/departments", "Departamento salvo.")),
        Err(refusal) => {
            let refused = RefusedForm::of(refusal, &form, format!("/departments/{id}"), viewer.zone);
            let (status, view) = (refused.status(), page(&viewer, &db, id, PageQuery::default()).await?);
            shell.page_with(status, "Erro: Editar departamento", view.refused(refused))
        }
    }
}

async fn page(viewer: &Viewer, db: &Db, id: DepartmentId, query: PageQuery) -> Result<Edit> {
    let (search, asked) = (Search::parse(&query.q), query.clone());
    let by = viewer.clone();
    let (department, members, candidates, changes) = db
        .run(move |conn| {
            let department = queries::find(conn, id)?;
            let before = asked.before.parse().ok();
            let is_backwards = before.is_some();
            let start = before.or_else(|| asked.after.parse().ok());
            let members = queries::members(conn, id, (start, is_backwards))?;
            let found = search.map(|search| candidates(conn, id, &search, &by)).transpose()?;
            let changes = audit::newest_about(conn, AUDITED, id.0, HISTORY_LIMIT)?;
            Ok((department, members, found, changes))
        })
        .await?;
    let history = audit::history(&changes, department.created_at, viewer);
    let found = CandidateSearch { q: query.q, candidates };
    Ok(Edit::new(viewer, department, members, found).with_history(history))
}

/// The users that a search finds, each with whether `by` may add them.
fn candidates(
    conn: &mut PgConnection,
    id: DepartmentId,
    search: &Search,
    by: &Account,
) -> Result<Vec<(queries::Candidate, bool)>> {
    let found = queries::candidates(conn, id, search)?;
    found
        .into_iter()
        .map(|one| {
            let may_add = self_access::may_add(conn, by, one.id, id)?;
            Ok((one, may_add))
        })
        .collect()
}

fn name_error(message: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add("name", message);
    errors
}

/// Turns the error for a duplicate name into a field error.
fn name_conflict_as_error<T>(saved: Result<T>) -> Result<Result<T, FieldErrors>> {
    match saved {
        Ok(done) => Ok(Ok(done)),
        Err(error) if error.violated_constraint() == Some("departments_name_key") => {
            Ok(Err(name_error("Já existe um departamento com este nome.")))
        }
        Err(error) => Err(error),
    }
}

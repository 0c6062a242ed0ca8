//! The list of departments, and the page of a department.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde::Deserialize;
use serde_json::json;

use super::form::{Direction, Name, snapshot};
use super::queries;
use super::sight;
use super::views::{Blank, Edit, Found, Index};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageDepartments, Viewer};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::DepartmentId;
use crate::web::{FieldErrors, Posted, Refusal, Search, Shell, Stale, redirect, redirect_with};

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
const SHOWN: i64 = 20;

pub async fn index(_: Can<ManageDepartments>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let lines = db.run(queries::all).await?;
    let view = Index::new(lines);
    shell.page("Departamentos", view)
}

pub async fn new(_: Can<ManageDepartments>, shell: Shell) -> Result<HttpResponse> {
    let view = Blank::new("", FieldErrors::default());
    shell.page("Novo departamento", view)
}

pub async fn create(
    viewer: Can<ManageDepartments>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (typed, who) = (form.get("name").to_owned(), viewer.clone());
    let created = match Name::parse(&typed) {
        Err(message) => Err(refusal(message)),
        Ok(name) => judged(db.transaction(move |conn| add(conn, &name, &who)).await)?,
    };
    match created {
        Ok(id) => {
            Ok(redirect_with(&format!("/departments/{id}"), "Departamento criado. Escolha quem atende nele."))
        }
        Err(errors) => {
            let view = Blank::new(&typed, errors);
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
    let (id, who) = (id.into_inner(), viewer.clone());
    let [typed, version] = ["name", "version"].map(|name| form.get(name).to_owned());
    let (seen, parsed) = (version.clone(), Name::parse(&typed));
    let saved = match parsed {
        Err(message) => Err(refusal(message).into()),
        Ok(name) => {
            let saving = db.transaction(move |conn| rename(conn, id, &name, &seen, &who));
            judged(saving.await)?.unwrap_or_else(|errors| Err(errors.into()))
        }
    };
    match saved {
        Ok(()) => Ok(redirect_with("/departments", "Departamento salvo.")),
        Err(refusal) => {
            let status = refusal.status();
            let view = page(&viewer, &db, id, PageQuery::default()).await?;
            let view = view.refused(&typed, version, refusal);
            shell.page_with(status, "Erro: Editar departamento", view)
        }
    }
}

/// Moves a department one place up or down.
pub async fn reorder(
    viewer: Can<ManageDepartments>,
    form: Posted,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let direction: Direction = form.get("direction").parse().map_err(|()| Error::BadRequest)?;
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        queries::lock_all(conn)?;
        queries::find(conn, id)?;
        let before: Vec<DepartmentId> = queries::all(conn)?.into_iter().map(|line| line.id).collect();
        let after = direction.applied(before.clone(), id);
        if before == after {
            return Ok(());
        }
        queries::set_order(conn, &after)?;
        let entry = audit::Entry::of(Action::DepartmentMoved).by(&who).about(Some(id.0));
        audit::record(conn, &entry.with(json!({ "direction": direction.as_str() })))
    })
    .await?;
    Ok(redirect(&format!("/departments#department-{id}")))
}

async fn page(viewer: &Viewer, db: &Db, id: DepartmentId, query: PageQuery) -> Result<Edit> {
    let (search, asked) = (Search::parse(&query.q), query.clone());
    let who = viewer.clone();
    let (department, members, candidates, changes) = db
        .run(move |conn| {
            let department = queries::find(conn, id)?;
            let before = asked.before.parse().ok();
            let is_backwards = before.is_some();
            let start = before.or_else(|| asked.after.parse().ok());
            let members = queries::members(conn, id, (start, is_backwards))?;
            let found = search.map(|search| candidates(conn, id, &search, &who)).transpose()?;
            let changes = audit::newest_about(conn, AUDITED, id.0, SHOWN)?;
            Ok((department, members, found, changes))
        })
        .await?;
    let history = audit::history(&changes, department.created_at, viewer);
    let found = Found { q: query.q, candidates };
    Ok(Edit::new(viewer, department, members, found).with_history(history))
}

/// The users that a search finds, each with whether `who` may add them.
fn candidates(
    conn: &mut PgConnection,
    id: DepartmentId,
    search: &Search,
    who: &Account,
) -> Result<Vec<(queries::Candidate, bool)>> {
    let found = queries::candidates(conn, id, search)?;
    found
        .into_iter()
        .map(|one| {
            let may_add = sight::may_add(conn, who, one.id, id)?;
            Ok((one, may_add))
        })
        .collect()
}

fn add(conn: &mut PgConnection, name: &Name, by: &Account) -> Result<DepartmentId> {
    let id = queries::insert(conn, name)?;
    audit::record(conn, &audit::Entry::of(Action::DepartmentCreated).by(by).about(Some(id.0)))?;
    Ok(id)
}

fn rename(
    conn: &mut PgConnection,
    id: DepartmentId,
    name: &Name,
    seen: &str,
    by: &Account,
) -> Result<Result<(), Refusal>> {
    let department = queries::find_for_update(conn, id)?;
    if department.name == name.as_str() {
        return Ok(Ok(()));
    }
    if let Some(stale) = Stale::since(seen, &snapshot(&department), format!("/departments/{id}")) {
        let renamed = [Action::DepartmentCreated, Action::DepartmentEdited];
        let last = audit::newest_about(conn, &renamed, id.0, 1)?.pop();
        return Ok(Err(stale.by(last, by.zone)));
    }
    queries::rename(conn, id, name)?;
    let entry = audit::Entry::of(Action::DepartmentEdited).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(json!({ "fields": ["name"] })))?;
    Ok(Ok(()))
}

fn refusal(message: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add("name", message);
    errors
}

/// Turns the error for a duplicate name into a field error.
fn judged<T>(saved: Result<T>) -> Result<Result<T, FieldErrors>> {
    match saved {
        Ok(done) => Ok(Ok(done)),
        Err(error) if error.violated_constraint() == Some("departments_name_key") => {
            Ok(Err(refusal("Já existe um departamento com este nome.")))
        }
        Err(error) => Err(error),
    }
}

//! The list of users, and the form of one user.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::UserInput;
use super::invite::invite;
use super::queries::{self, Filter};
use super::update::{self, Outcome, Submission};
use super::views::{FormPage, Index, Listed, NewLink};
use crate::audit;
use crate::auth::{Can, ManageUsers, Viewer, sessions};
use crate::config::Config;
use crate::db::{Db, Search};
use crate::error::Result;
use crate::handover::{HandoverAnswer, Leaving};
use crate::ids::UserId;
use crate::refusal::FieldErrors;
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

/// The list's query string. The list's filter form shows it again.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    pub role_id: String,
    pub department_id: String,
    pub standing: String,
    pub after: String,
    pub before: String,
}

pub async fn index(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let filter = Filter {
        search: Search::parse(&query.q),
        role: query.role_id.parse().ok(),
        department: query.department_id.parse().ok(),
        standing: query.standing.parse().ok(),
        after: query.after.parse().ok(),
        before: query.before.parse().ok(),
    };
    let listed = db
        .run(move |conn| {
            let page = queries::page(conn, filter)?;
            Ok(Listed { page, roles: queries::roles(conn)?, departments: queries::departments(conn)? })
        })
        .await?;
    shell.page("Atendentes", Index::new(&viewer, query, listed))
}

pub async fn new(viewer: Can<ManageUsers>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let view = new_form(&viewer, &db, UserInput::default()).await?;
    shell.page("Novo atendente", view)
}

/// Invites: adds the user and shows, once, the link for choosing a password.
pub async fn create(
    viewer: Can<ManageUsers>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    config: web::Data<Config>,
) -> Result<HttpResponse> {
    let (input, by) = (UserInput::read(&form), viewer.clone());
    let sent = input.clone();
    let invited = db.transaction(move |conn| match invite(conn, &sent, &by)? {
        Ok((id, token)) => Ok(Ok((queries::find(conn, id)?, token))),
        Err(errors) => Ok(Err(errors)),
    });
    match constraint_as_error(invited.await)? {
        Ok((user, token)) => {
            let view = NewLink::new(&user, config.link(&token.path()), viewer.zone);
            shell.page_with(StatusCode::CREATED, "Convite", view)
        }
        Err(errors) => {
            let view = new_form(&viewer, &db, input).await?.refused(RefusedForm::invalid(errors, &form));
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Novo atendente", view)
        }
    }
}

pub async fn edit(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
    session: Session,
) -> Result<HttpResponse> {
    let (view, name) = edit_form(&viewer, &db, id.into_inner(), &session).await?;
    shell.page(&name, view)
}

pub async fn update(
    viewer: Can<ManageUsers>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
    session: Session,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    let input = UserInput::read(&form);
    let sent = Submission { input: input.clone(), answer: HandoverAnswer::read(&form) };
    let saved = db.transaction(move |conn| update::update(conn, id, &sent, &by)).await;
    match constraint_as_error(saved.map(Ok))?.unwrap_or_else(|errors| Outcome::Refused(errors.into())) {
        Outcome::Saved => Ok(redirect_with(&format!("/users/{id}"), "Atendente salvo.")),
        Outcome::NeedsConfirmation(leave, refused) => {
            let by = viewer.clone();
            let name = input.name.clone();
            let page = db.run(move |conn| Leaving::load(conn, &by, &leave, name)).await?;
            let path = format!("/users/{id}");
            let page = page.answered_at(path.clone(), path, input.fields());
            let page = match &refused {
                Some(refused) => page.refused(&viewer, refused),
                None => page,
            };
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Retirar de departamentos", page)
        }
        Outcome::Refused(refusal) => {
            let (view, name) = edit_form(&viewer, &db, id, &session).await?;
            let refused = RefusedForm::of(refusal, &form, format!("/users/{id}"), viewer.zone);
            shell.page_with(refused.status(), &format!("Erro: {name}"), view.refused(refused))
        }
    }
}

/// Turns violated database constraints into errors of the form.
fn constraint_as_error<T>(saved: Result<Result<T, FieldErrors>>) -> Result<Result<T, FieldErrors>> {
    let Err(error) = saved else { return saved };
    let (field, message) = match error.violated_constraint() {
        Some("users_email_key") => ("email", "Já existe um atendente com este e-mail."),
        Some("last_administrator") => ("role_id", LAST_ADMINISTRATOR),
        _ => return Err(error),
    };
    let mut errors = FieldErrors::default();
    errors.add(field, message);
    Ok(Err(errors))
}

/// The error when the last administrator would be lost.
pub const LAST_ADMINISTRATOR: &str =
    "Esta é a última conta de administrador ativa. Dê o cargo Administrador a outra pessoa antes.";

/// Maximum changes in a user's history.
const MAX_HISTORY: i64 = 20;

async fn new_form(viewer: &Viewer, db: &Db, input: UserInput) -> Result<FormPage> {
    let by = viewer.clone();
    let context = db.run(move |conn| queries::form_context(conn, &by, None)).await?;
    Ok(FormPage::new(viewer, context, input))
}

async fn edit_form(viewer: &Viewer, db: &Db, id: UserId, session: &Session) -> Result<(FormPage, String)> {
    let by = viewer.clone();
    let (context, open, changes) = db
        .run(move |conn| {
            let (user, changes) = (queries::find(conn, id)?, queries::changes(conn, id, MAX_HISTORY)?);
            Ok((queries::form_context(conn, &by, Some(user))?, queries::open_sessions(conn, id)?, changes))
        })
        .await?;
    let name = context.before.as_ref().map(|user| user.name.clone()).unwrap_or_default();
    let input = context.before.as_ref().map(|user| UserInput::of(user, &context)).unwrap_or_default();
    let created = context.before.as_ref().map(|user| user.created_at);
    let history = created.map(|at| audit::history(&changes, at, viewer)).unwrap_or_default();
    let view = FormPage::new(viewer, context, input).with_history(history);
    Ok((view.with_sessions(open, sessions::current(session)), name))
}

//! The page of the user's own profile.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::check_password::PasswordRefusal;
use super::form::ProfileInput;
use super::views::Edit;
use super::{queries, update};
use crate::auth::{Viewer, sessions};
use crate::db::Db;
use crate::error::Result;
use crate::refusal::FieldErrors;
use crate::users;
use crate::web::{Posted, Shell, redirect_with};

pub async fn edit(viewer: Viewer, shell: Shell, db: web::Data<Db>, session: Session) -> Result<HttpResponse> {
    let view = page(&viewer, &db, &session).await?;
    shell.page("Meu perfil", view)
}

pub async fn update(
    viewer: Viewer,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    session: Session,
) -> Result<HttpResponse> {
    let input = ProfileInput::read(&form);
    let valid = match input.parse() {
        Ok(valid) => valid,
        Err(errors) => {
            let view = page(&viewer, &db, &session).await?.with(input).refused(errors);
            return shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Meu perfil", view);
        }
    };
    db.transaction(move |conn| update::update(conn, &valid, &viewer)).await?;
    Ok(redirect_with("/profile", "Perfil salvo."))
}

/// The status and the errors of a form whose field `field` holds a wrong current password.
pub fn refused_password(field: &'static str, refusal: PasswordRefusal) -> (StatusCode, FieldErrors) {
    let status = match refusal {
        PasswordRefusal::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        PasswordRefusal::Missing | PasswordRefusal::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut errors = FieldErrors::default();
    errors.add(field, refusal.sentence());
    (status, errors)
}

/// The page with the saved values.
pub async fn page(viewer: &Viewer, db: &Db, session: &Session) -> Result<Edit> {
    let id = viewer.id;
    let (email, open) =
        db.run(move |conn| Ok((queries::email(conn, id)?, users::open_sessions(conn, id)?))).await?;
    Ok(Edit::new(viewer, email, open, sessions::current(session)))
}

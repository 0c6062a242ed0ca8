//! The page of the user's own profile.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::form::Typed;
use super::queries;
use super::views::Edit;
use crate::audit::{self, Action};
use crate::auth::{Viewer, sessions};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::users;
use crate::web::{Posted, Shell, Theme, redirect_with};

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
    let typed = Typed::read(&form);
    let draft = match typed.parse() {
        Ok(draft) => draft,
        Err(errors) => {
            let view = page(&viewer, &db, &session).await?.with(typed).refused(errors);
            return shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Meu perfil", view);
        }
    };
    let fields = draft.changed(&viewer);
    let who = viewer.clone();
    if !fields.is_empty() {
        db.transaction(move |conn| {
            queries::save(conn, who.id, &draft)?;
            let entry = audit::Entry::of(Action::UserEdited).by(&who).about(Some(who.id.0));
            audit::record(conn, &entry.with(json!({ "fields": fields })))
        })
        .await?;
    }
    Ok(redirect_with("/profile", "Perfil salvo."))
}

/// Saves the theme chosen with the button in the top bar.
pub async fn set_theme(viewer: Viewer, form: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let theme: Theme = form.get("theme").parse().map_err(|()| Error::BadRequest)?;
    let who = viewer.clone();
    if theme != viewer.theme {
        db.transaction(move |conn| {
            queries::set_theme(conn, who.id, theme)?;
            let entry = audit::Entry::of(Action::UserEdited).by(&who).about(Some(who.id.0));
            audit::record(conn, &entry.with(json!({ "fields": ["theme"] })))
        })
        .await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// The page with the saved values.
pub async fn page(viewer: &Viewer, db: &Db, session: &Session) -> Result<Edit> {
    let id = viewer.id;
    let (email, open) =
        db.run(move |conn| Ok((queries::email(conn, id)?, users::open_sessions(conn, id)?))).await?;
    Ok(Edit::new(viewer, email, open, sessions::current(session)))
}

//! Changing one's own password.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::change_password::change_password;
use super::check_password::check_password;
use super::handlers::{page, refused_password};
use super::queries;
use crate::auth::passwords::{self, Owner};
use crate::auth::{KnownDevice, Viewer, sessions};
use crate::db::Db;
use crate::error::Result;
use crate::refusal::FieldErrors;
use crate::settings;
use crate::web::{Posted, Shell, redirect_with, with_cookie};

/// Changes the password. The other sessions end, and this one continues with a new token.
pub async fn update(
    viewer: Viewer,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    session: Session,
    browser: KnownDevice,
) -> Result<HttpResponse> {
    let new = form.get("new_password").to_owned();
    let (mut status, mut errors) = (StatusCode::UNPROCESSABLE_ENTITY, FieldErrors::default());
    if let Err(refusal) = check_password(&db, &viewer, form.get("current_password")).await? {
        (status, errors) = refused_password("current_password", refusal);
    }
    let id = viewer.id;
    let (company, email) =
        db.run(move |conn| Ok((settings::brand(conn)?.company_name, queries::email(conn, id)?))).await?;
    let owner = Owner { company, name: viewer.name.clone(), email };
    if let Some(refusal) = passwords::judge(&new, owner).await? {
        errors.add("new_password", refusal.sentence());
    }
    if !errors.is_empty() {
        let view = page(&viewer, &db, &session).await?.refused(errors);
        return shell.page_with(status, "Erro: Meu perfil", view);
    }
    let hash = passwords::hash_in_turn(new).await?;
    let (new, current, by) = (hash.clone(), sessions::current(&session), viewer.clone());
    db.transaction(move |conn| change_password(conn, &new, current, &by)).await?;
    session.renew();
    let answer = redirect_with("/profile", "Senha trocada. As outras sessões foram encerradas.");
    Ok(with_cookie(answer, browser.remembering(id, &hash)))
}

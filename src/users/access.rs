//! The page of a one-time link, on which the owner of the account chooses a password.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::queries::{self, Invited};
use super::redeem_link::redeem_link;
use super::views::{ChoosePassword, InvalidLink};
use super::{Name, Token};
use crate::auth::passwords::{self, Owner};
use crate::auth::sessions::{self, Device};
use crate::auth::{Anyone, KnownDevice};
use crate::db::Db;
use crate::error::Result;
use crate::refusal::FieldErrors;
use crate::settings;
use crate::web::{Posted, Shell, redirect, with_cookie};

pub async fn show(
    _: Anyone,
    shell: Shell,
    db: web::Data<Db>,
    token: web::Path<String>,
) -> Result<HttpResponse> {
    match find_invited(&db, &token).await? {
        Some(invited) => {
            let view = ChoosePassword::new(&token, &invited);
            shell.bare(StatusCode::OK, view.title(), view)
        }
        None => invalid_link(shell),
    }
}

/// Sets the password, ends all sessions of the account, and signs in.
pub async fn create(
    _: Anyone,
    form: Posted,
    shell: Shell,
    (db, token): (web::Data<Db>, web::Path<String>),
    (session, device, known): (Session, Device, KnownDevice),
) -> Result<HttpResponse> {
    let Some(invited) = find_invited(&db, &token).await? else { return invalid_link(shell) };
    let mut errors = FieldErrors::default();
    let name = Name::parse(form.get("name"));
    if let (true, Err(message)) = (invited.is_new, &name) {
        errors.add("name", *message);
    }
    let password = form.get("password").to_owned();
    let owner = Owner {
        company: db.run(settings::brand).await?.company_name,
        name: format!("{} {}", invited.name, form.get("name")),
        email: invited.email.clone(),
    };
    if let Some(refusal) = passwords::judge(&password, owner).await? {
        errors.add("password", refusal.sentence());
    }
    if !errors.is_empty() {
        let view = ChoosePassword::new(&token, &invited).refused(form.get("name"), errors);
        return shell.bare(StatusCode::UNPROCESSABLE_ENTITY, &format!("Erro: {}", view.title()), view);
    }
    let hash = passwords::hash_in_turn(password).await?;
    let (key, ip, new) = (token_hash(&token), device.ip.clone(), hash.clone());
    let redeemed = db.transaction(move |conn| redeem_link(conn, &key, name.as_ref().ok(), &new, &ip)).await?;
    let Some(user) = redeemed else { return invalid_link(shell) };
    sessions::begin(&session, user, &device)?;
    Ok(with_cookie(redirect("/"), known.remembering(user, &hash)))
}

async fn find_invited(db: &Db, token: &str) -> Result<Option<Invited>> {
    let hash = token_hash(token);
    db.run(move |conn| queries::find_link(conn, &hash)).await
}

/// The token's hash. Text that is no token gets an empty hash, which no link has.
fn token_hash(token: &str) -> Vec<u8> {
    Token::parse(token).map(|token| token.hash()).unwrap_or_default()
}

fn invalid_link(shell: Shell) -> Result<HttpResponse> {
    shell.bare(StatusCode::NOT_FOUND, "Link sem validade", InvalidLink)
}

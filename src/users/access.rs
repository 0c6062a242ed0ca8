//! One-time links: made by a user who manages the account, used by its owner.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::queries::{self, Invited, Standing};
use super::saving::held;
use super::views::{Gone, Link, Welcome};
use super::{Name, Token};
use crate::audit::{self, Action};
use crate::auth::passwords::{self, Owner};
use crate::auth::sessions::{self, Device};
use crate::auth::{Account, Anyone, Can, KnownDevice, ManageUsers};
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::live::{self, Event};
use crate::settings;
use crate::web::{FieldErrors, Posted, Shell, redirect, with_cookie};

/// Makes a new link, which invalidates the older one, and shows it once.
pub async fn make(
    viewer: Can<ManageUsers>,
    _: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
    config: web::Data<Config>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    let (user, token) = db.transaction(move |conn| make_anew(conn, id, &who)).await?;
    let view = Link::new(&user, config.link(&token.path()), viewer.zone);
    shell.page("Link de acesso", view)
}

fn make_anew(conn: &mut PgConnection, id: UserId, by: &Account) -> Result<(queries::User, Token)> {
    let user = held(conn, id, by)?;
    if user.standing == Standing::Inactive && user.has_password {
        return Err(Error::Conflict);
    }
    let token = Token::new();
    queries::make_link(conn, id, &token.hash(), by.id)?;
    audit::record(conn, &audit::Entry::of(Action::AccessLinkMade).by(by).about(Some(id.0)))?;
    Ok((queries::find(conn, id)?, token))
}

/// The page on which the owner of a link chooses a password.
pub async fn show(
    _: Anyone,
    shell: Shell,
    db: web::Data<Db>,
    token: web::Path<String>,
) -> Result<HttpResponse> {
    match invited(&db, &token).await? {
        Some(invited) => {
            let view = Welcome::new(&token, &invited);
            shell.bare(StatusCode::OK, view.title(), view)
        }
        None => gone(shell),
    }
}

/// Sets the password, ends all sessions of the account, and signs in.
pub async fn take_up(
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    token: web::Path<String>,
    (session, device, known): (Session, Device, KnownDevice),
) -> Result<HttpResponse> {
    let Some(invited) = invited(&db, &token).await? else { return gone(shell) };
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
        let view = Welcome::new(&token, &invited).refused(form.get("name"), errors);
        return shell.bare(StatusCode::UNPROCESSABLE_ENTITY, &format!("Erro: {}", view.title()), view);
    }
    let hash = passwords::hash_in_turn(password).await?;
    let (key, ip, new) = (token_hash(&token), device.ip.clone(), hash.clone());
    let taken = db.transaction(move |conn| settle(conn, &key, name.as_ref().ok(), &new, &ip)).await?;
    let Some(user) = taken else { return gone(shell) };
    sessions::begin(&session, user, &device)?;
    Ok(with_cookie(redirect("/"), known.remembering(user, &hash)))
}

/// Uses the link. `None` if another request used it first. Locks the account before the link, in the same
/// order as making a link and deactivating do.
fn settle(
    conn: &mut PgConnection,
    token_hash: &[u8],
    name: Option<&Name>,
    password_hash: &str,
    ip: &str,
) -> Result<Option<UserId>> {
    let Some(found) = queries::find_link(conn, token_hash)? else { return Ok(None) };
    queries::lock(conn, found.id)?;
    let Some(invited) = queries::use_link(conn, token_hash)? else { return Ok(None) };
    let user = invited.id;
    match name.filter(|_| invited.is_new) {
        Some(name) => queries::accept(conn, user, name.as_str(), password_hash)?,
        None => queries::set_password(conn, user, password_hash)?,
    }
    queries::end_sessions(conn, user, None, None)?;
    audit::record(
        conn,
        &audit::Entry::of(Action::AccessLinkUsed).by_user(user).about(Some(user.0)).from(ip),
    )?;
    live::announce(conn, &Event::RightsChanged(vec![user]))?;
    Ok(Some(user))
}

async fn invited(db: &Db, token: &str) -> Result<Option<Invited>> {
    let hash = token_hash(token);
    db.run(move |conn| queries::find_link(conn, &hash)).await
}

/// The token's hash. Text that is no token gets an empty hash, which no link has.
fn token_hash(token: &str) -> Vec<u8> {
    Token::parse(token).map(|token| token.hash()).unwrap_or_default()
}

fn gone(shell: Shell) -> Result<HttpResponse> {
    shell.bare(StatusCode::NOT_FOUND, "Link sem validade", Gone)
}

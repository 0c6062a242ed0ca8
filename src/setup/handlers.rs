//! The page that sets up a company.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::form::CompanyInput;
use super::hash_of;
use super::queries::{self, LinkState};
use super::set_up::set_up;
use crate::auth::sessions::{self, Device};
use crate::auth::{Anyone, KnownDevice, passwords};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::refusal::FieldErrors;
use crate::settings::{ZoneGroup, zone_groups};
use crate::web::{Flash, Posted, Shell, redirect_with, with_cookie};

const NEXT_STEPS: [(&str, &str); 3] =
    [("/contacts/new", "Criar um contato"), ("/users/new", "Convidar atendentes"), ("/help", "Ler a ajuda")];

const TITLE: &str = "Configurar a plataforma";

#[derive(Template)]
#[template(path = "setup/new.html")]
struct SetUpForm {
    path: String,
    input: CompanyInput,
    zones: Vec<ZoneGroup>,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "setup/closed.html")]
struct LinkRefused {
    title: &'static str,
    text: &'static str,
    leads_to_sign_in: bool,
}

pub async fn new(
    _: Anyone,
    shell: Shell,
    db: web::Data<Db>,
    token: web::Path<String>,
) -> Result<HttpResponse> {
    let hash = hash_of(&token);
    match db.run(move |conn| queries::link_state(conn, &hash)).await? {
        LinkState::Open => form(shell, &token, CompanyInput::new(), FieldErrors::default()),
        closed => refuse(shell, closed),
    }
}

/// Creates the company and signs in its administrator.
pub async fn create(
    _: Anyone,
    form_fields: Posted,
    shell: Shell,
    (db, token): (web::Data<Db>, web::Path<String>),
    (session, device, browser): (Session, Device, KnownDevice),
) -> Result<HttpResponse> {
    let hash = hash_of(&token);
    let known = hash.clone();
    match db.run(move |conn| queries::link_state(conn, &known)).await? {
        LinkState::Open => {}
        closed => return refuse(shell, closed),
    }
    let input = CompanyInput::read(&form_fields);
    let read = input.clone();
    // Checking a password takes some milliseconds.
    let parsed = web::block(move || read.parse()).await.map_err(Error::unexpected)?;
    let valid = match parsed {
        Ok(valid) => valid,
        Err(errors) => return form(shell, &token, input, errors),
    };
    let password_hash = passwords::hash_in_turn(input.password).await?;
    let (ip, new) = (device.ip.clone(), password_hash.clone());
    let made = db.transaction(move |conn| set_up(conn, &hash, &valid, &new, &ip)).await?;
    match made {
        Ok(administrator) => {
            sessions::begin(&session, administrator, &device)?;
            let cookie = browser.remembering(administrator, &password_hash);
            Ok(with_cookie(
                redirect_with("/schedules", Flash::with_links("Tudo pronto. Próximos passos:", &NEXT_STEPS)),
                cookie,
            ))
        }
        Err(closed) => refuse(shell, closed),
    }
}

fn form(shell: Shell, token: &str, input: CompanyInput, errors: FieldErrors) -> Result<HttpResponse> {
    let is_refused = !errors.is_empty();
    let path = format!("/setup/{token}");
    let zones = zone_groups(&input.time_zone);
    let view = SetUpForm { path, input, zones, errors };
    match is_refused {
        true => shell.bare(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Configurar a plataforma", view),
        false => shell.bare(StatusCode::OK, TITLE, view),
    }
}

fn refuse(shell: Shell, state: LinkState) -> Result<HttpResponse> {
    let (status, view) = match state {
        LinkState::Closed => (
            StatusCode::GONE,
            LinkRefused {
                title: "A plataforma já está configurada",
                text: "Este link não é mais necessário. Entre com o seu e-mail e a sua senha.",
                leads_to_sign_in: true,
            },
        ),
        _ => (
            StatusCode::NOT_FOUND,
            LinkRefused {
                title: "Este link não vale mais",
                text: "Use o link que a plataforma mostrou na última vez em que foi iniciada.",
                leads_to_sign_in: false,
            },
        ),
    };
    shell.bare(status, view.title, view)
}

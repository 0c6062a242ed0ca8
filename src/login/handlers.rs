//! The sign-in page.

use actix_session::SessionExt;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::form_recovery::sealed_form_page;
use super::session::{SignIn, sign_in};
use crate::audit::RefusalDetails;
use crate::auth::sessions::{self, Device};
use crate::auth::{Anyone, KnownDevice};
use crate::db::Db;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::settings;
use crate::web::{Posted, Shell, own_path, redirect, redirect_with, user_of, with_cookie};

#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Default, Template)]
#[template(path = "login/new.html")]
struct Login {
    next: String,
    email: String,
    /// Title and text that explain why the user must sign in before a form is sent.
    waiting: Option<(&'static str, &'static str)>,
    /// The form that waits for the sign-in, sealed. Empty if there is none.
    kept: String,
    error: Option<(String, String)>,
    company_name: String,
    logo: Option<String>,
}

impl Login {
    /// The page's data. Without the database, the page shows the product's name instead of the company's.
    async fn of(db: &Db, next: &str) -> Self {
        let settings::Brand { company_name, logo } = db.run(settings::brand).await.unwrap_or_default();
        let logo = logo.map(settings::logo::path);
        Self { next: next.to_owned(), company_name, logo, ..Self::default() }
    }
}

pub async fn new(
    _: Anyone,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<Next>,
) -> Result<HttpResponse> {
    let view = Login::of(&db, own_path(&query.next)).await;
    shell.bare(StatusCode::OK, "Entrar", view)
}

/// Signs in. An unknown address and a wrong password get the same answer after the same time.
pub async fn create(
    _: Anyone,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    (request, device, known): (HttpRequest, Device, KnownDevice),
) -> Result<HttpResponse> {
    let email = Email::normalized(form.get("email"));
    let (next, kept) = (own_path(form.get("next")).to_owned(), form.get("kept").to_owned());
    let refused = Login { email: email.clone(), kept: kept.clone(), ..Login::of(&db, &next).await };
    match sign_in(&db, &email, form.get("password"), device.ip.clone(), &known).await? {
        SignIn::Right { user, hash } => {
            sessions::begin(&request.get_session(), user, &device)?;
            let answer = match kept.is_empty() {
                true => redirect(if next.is_empty() { "/" } else { &next }),
                false => sealed_form_page(&request, user, &kept).unwrap_or_else(|| {
                    redirect_with("/", "O formulário era de outra conta e não foi mostrado nem enviado.")
                }),
            };
            Ok(with_cookie(answer, known.remembering(user, &hash)))
        }
        SignIn::Wrong => {
            let error = ("E-mail ou senha incorretos.".into(), "Confira os dados e tente de novo.".into());
            let view = Login { error: Some(error), ..refused };
            shell.bare(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Entrar", view)
        }
        SignIn::TooMany { seconds, user } => {
            let minutes = (seconds + 59) / 60;
            let unit = if minutes == 1 { "minuto" } else { "minutos" };
            let wait = format!("Aguarde {minutes} {unit}.");
            let view = Login { error: Some(("Muitas tentativas.".into(), wait)), ..refused };
            let mut answer = shell.bare(StatusCode::TOO_MANY_REQUESTS, "Erro: Entrar", view)?;
            answer.extensions_mut().insert(RefusalDetails::signing_in(user));
            Ok(answer)
        }
    }
}

/// The sign-in page for a form that is sent after the sign-in. `kept` is the sealed form.
pub async fn sign_in_to_send(request: &HttpRequest, kept: String) -> Result<HttpResponse> {
    let shell = Shell::extract(request).await?;
    let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
    let (status, waiting) = match user_of(request) {
        0 => (StatusCode::UNAUTHORIZED, SESSION_ENDED),
        _ => (StatusCode::FORBIDDEN, OF_ANOTHER),
    };
    let view = Login { kept, waiting: Some(waiting), ..Login::of(db, "").await };
    shell.bare(status, "Entrar", view)
}

const SESSION_ENDED: (&str, &str) = (
    "Sua sessão terminou, e o formulário não foi enviado.",
    "Entre de novo: o que você preencheu está guardado e volta para você conferir e enviar.",
);
const OF_ANOTHER: (&str, &str) = (
    "Este formulário foi preenchido com outra conta e não foi enviado.",
    "Entre com a conta de quem preencheu para conferir e enviar. A mais ninguém ele é mostrado.",
);

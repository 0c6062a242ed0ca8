//! The page of the settings.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde::Deserialize;

use super::form::Typed;
use super::queries;
use super::update::{self, Outcome};
use super::views::{Confirmation, FormPage, Sentence};
use crate::auth::{Can, ManageSettings};
use crate::db::Db;
use crate::error::Result;
use crate::web::{Posted, Shell, redirect_with};

const TITLE: &str = "Empresa";

pub async fn edit(_: Can<ManageSettings>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let view = db.run(FormPage::load).await?;
    shell.page(TITLE, view)
}

/// Saves the settings. Otherwise shows the errors (422) or what somebody else saved meanwhile (409), or asks
/// for confirmation if pending schedules are affected.
pub async fn update(
    viewer: Can<ManageSettings>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (typed, editor) = (Typed::read(&form), viewer.clone());
    if form.get("step") == "back" {
        return again(shell, &db, StatusCode::OK, |page| page.with_typed(typed)).await;
    }
    let sent = typed.clone();
    match db.transaction(move |conn| update::update(conn, &sent, &editor)).await? {
        Outcome::Saved => Ok(redirect_with("/settings", "Configurações salvas.")),
        Outcome::Unconfirmed(effect) => {
            let view = Confirmation::new(&viewer, typed, &effect);
            shell.page("Confirmar mudança", view)
        }
        Outcome::Refused(refusal) => {
            let status = refusal.status();
            again(shell, &db, status, |page| page.with_typed(typed).refused(refusal)).await
        }
    }
}

async fn again(
    shell: Shell,
    db: &Db,
    status: StatusCode,
    change: impl FnOnce(FormPage) -> FormPage,
) -> Result<HttpResponse> {
    let view = change(db.run(FormPage::load).await?);
    let title = if status.is_success() { TITLE.to_owned() } else { format!("Erro: {TITLE}") };
    shell.page_with(status, &title, view)
}

#[derive(Deserialize)]
pub struct SentenceQuery {
    #[serde(default)]
    spacing_minutes: String,
    #[serde(default)]
    spacing_scope: String,
}

/// The sentence that explains the spacing as typed so far.
pub async fn spacing_sentence(
    _: Can<ManageSettings>,
    shell: Shell,
    query: web::Query<SentenceQuery>,
) -> Result<HttpResponse> {
    let SentenceQuery { spacing_minutes, spacing_scope } = query.into_inner();
    let typed = Typed { spacing_minutes, spacing_scope, ..Typed::default() };
    shell.fragment(StatusCode::OK, Sentence::of(typed.spacing()))
}

impl FormPage {
    /// The form with the saved settings.
    pub fn load(conn: &mut PgConnection) -> Result<Self> {
        let (current, brand) = (queries::current(conn)?, queries::brand(conn)?);
        Ok(Self::new(&current, brand.logo, queries::count_unspaced(conn)?))
    }
}

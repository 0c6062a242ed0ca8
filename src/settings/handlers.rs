//! The page of the settings.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::form::SettingsInput;
use super::queries;
use super::update::{self, Outcome};
use super::views::{Confirmation, Edit};
use crate::auth::{Can, ManageSettings};
use crate::db::Db;
use crate::error::Result;
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

const TITLE: &str = "Empresa";

pub async fn edit(_: Can<ManageSettings>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let view = db.run(Edit::load).await?;
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
    let (input, by) = (SettingsInput::read(&form), viewer.clone());
    if form.get("step") == "back" {
        return show_form(shell, &db, StatusCode::OK, |page| page.with_typed(input)).await;
    }
    let sent = input.clone();
    match db.transaction(move |conn| update::update(conn, &sent, &by)).await? {
        Outcome::Saved => Ok(redirect_with("/settings", "Configurações salvas.")),
        Outcome::NeedsConfirmation(effect) => {
            let view = Confirmation::new(&viewer, input, &effect);
            shell.page("Confirmar mudança", view)
        }
        Outcome::Refused(refusal) => {
            let refused = RefusedForm::of(refusal, &form, "/settings".into(), viewer.zone);
            let status = refused.status();
            show_form(shell, &db, status, |page| page.refused(refused)).await
        }
    }
}

async fn show_form(
    shell: Shell,
    db: &Db,
    status: StatusCode,
    change: impl FnOnce(Edit) -> Edit,
) -> Result<HttpResponse> {
    let view = change(db.run(Edit::load).await?);
    let title = if status.is_success() { TITLE.to_owned() } else { format!("Erro: {TITLE}") };
    shell.page_with(status, &title, view)
}

impl Edit {
    /// The form with the saved settings.
    pub fn load(conn: &mut PgConnection) -> Result<Self> {
        let (current, brand) = (queries::current(conn)?, queries::brand(conn)?);
        Ok(Self::new(&current, brand.logo, queries::count_unspaced(conn)?))
    }
}

//! The page of the retention settings.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::form::RetentionInput;
use super::queries;
use super::views::FormPage;
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageSettings};
use crate::db::Db;
use crate::error::Result;
use crate::web::{Posted, Refusal, Shell, Stale, redirect_with};

const TITLE: &str = "Retenção de dados";
const PATH: &str = "/settings/retention";

pub async fn edit(_: Can<ManageSettings>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let current = db.run(queries::current).await?;
    let view = FormPage::new(RetentionInput::of(&current));
    shell.page(TITLE, view)
}

/// Saves the settings. Otherwise shows the errors (422), or what somebody else saved meanwhile (409).
pub async fn update(
    viewer: Can<ManageSettings>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (input, by) = (RetentionInput::read(&form), viewer.clone());
    let sent = input.clone();
    let Some(refusal) = db.transaction(move |conn| save(conn, &sent, &by)).await? else {
        return Ok(redirect_with(PATH, "Configurações salvas."));
    };
    let status = refusal.status();
    let view = FormPage::new(input).refused(refusal);
    shell.page_with(status, &format!("Erro: {TITLE}"), view)
}

fn save(conn: &mut PgConnection, input: &RetentionInput, by: &Account) -> Result<Option<Refusal>> {
    let wanted = match input.parse() {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(Some(errors.into())),
    };
    let before = queries::current_for_update(conn)?;
    if wanted == before {
        return Ok(None);
    }
    if let Some(stale) = Stale::since(&input.version, &before.snapshot(), PATH.into()) {
        let last = audit::newest_of(conn, Action::RetentionEdited)?;
        return Ok(Some(stale.by(last, by.zone)));
    }
    if let Err(errors) = input.ensure_confirmed(&wanted, &before) {
        return Ok(Some(errors.into()));
    }
    queries::save(conn, &wanted)?;
    let entry = audit::Entry::of(Action::RetentionEdited).by(by).with(before.audited(&wanted));
    audit::record(conn, &entry)?;
    Ok(None)
}

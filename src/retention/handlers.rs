//! The page of the retention settings.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::form::Typed;
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
    let view = FormPage::new(Typed::of(&current));
    shell.page(TITLE, view)
}

/// Saves the settings. Otherwise shows the errors (422), or what somebody else saved meanwhile (409).
pub async fn update(
    viewer: Can<ManageSettings>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (typed, editor) = (Typed::read(&form), viewer.clone());
    let sent = typed.clone();
    let Some(refusal) = db.transaction(move |conn| save(conn, &sent, &editor)).await? else {
        return Ok(redirect_with(PATH, "Configurações salvas."));
    };
    let status = refusal.status();
    let view = FormPage::new(typed).refused(refusal);
    shell.page_with(status, &format!("Erro: {TITLE}"), view)
}

fn save(conn: &mut PgConnection, typed: &Typed, editor: &Account) -> Result<Option<Refusal>> {
    let wanted = match typed.parse() {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(Some(errors.into())),
    };
    let before = queries::current_for_update(conn)?;
    if wanted == before {
        return Ok(None);
    }
    if let Some(stale) = Stale::since(&typed.version, &before.snapshot(), PATH.into()) {
        let last = audit::newest_of(conn, Action::RetentionEdited)?;
        return Ok(Some(stale.by(last, editor.zone)));
    }
    if let Err(errors) = typed.agreed(&wanted, &before) {
        return Ok(Some(errors.into()));
    }
    queries::save(conn, &wanted)?;
    let entry = audit::Entry::of(Action::RetentionEdited).by(editor).with(before.audited(&wanted));
    audit::record(conn, &entry)?;
    Ok(None)
}

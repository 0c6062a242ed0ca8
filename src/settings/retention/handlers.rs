//! The page of the retention settings.

use actix_web::{HttpResponse, web};

use super::form::RetentionInput;
use super::queries;
use super::save::save;
use super::views::Edit;
use crate::auth::{Can, ManageSettings};
use crate::db::Db;
use crate::error::Result;
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

const TITLE: &str = "Retenção de dados";
const PATH: &str = "/settings/retention";

pub async fn edit(_: Can<ManageSettings>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let current = db.run(queries::current).await?;
    let view = Edit::new(RetentionInput::of(&current));
    shell.page(TITLE, view)
}

/// Saves the settings. Otherwise shows the errors (422), or what somebody else saved meanwhile (409).
pub async fn update(
    viewer: Can<ManageSettings>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (sent, by) = (RetentionInput::read(&form), viewer.clone());
    match db.transaction(move |conn| save(conn, &sent, &by)).await? {
        Ok(()) => Ok(redirect_with(PATH, "Configurações salvas.")),
        Err(refusal) => {
            let refused = RefusedForm::of(refusal, &form, PATH.into(), viewer.zone);
            shell.page_with(refused.status(), &format!("Erro: {TITLE}"), Edit::refused(refused))
        }
    }
}

//! The pages of contacts.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::ContactInput;
use super::queries;
use super::save::{self, SaveOutcome, Submission};
use super::views::{ContactRecords, FormPage, Index, ListQuery, Options, Show};
use crate::auth::{Account, Can, ManageContacts, ReadContacts};
use crate::config::Config;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

pub async fn index(
    viewer: Can<ReadContacts>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let (who, query) = (viewer.clone(), query.into_inner());
    let view = db.run(move |conn| Index::load(conn, &who, query)).await?;
    shell.page("Contatos", view)
}

pub async fn show(
    viewer: Can<ReadContacts>,
    shell: Shell,
    db: web::Data<Db>,
    config: web::Data<Config>,
    (id, links): (web::Path<ContactId>, web::Data<Links>),
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let page = db.run(move |conn| ContactRecords::load(conn, &who, id)).await?;
    let link = config.link(&links.path(id, page.detail.link_version));
    let title = page.detail.name.clone();
    let view = Show::new(&viewer, page, link);
    shell.page(&title, view)
}

#[derive(Deserialize)]
pub struct NewQuery {
    #[serde(default)]
    person_id: String,
}

pub async fn new(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<NewQuery>,
) -> Result<HttpResponse> {
    let typed = ContactInput { person_id: query.into_inner().person_id, ..ContactInput::default() };
    let page = load_form(&db, None, typed).await?;
    shell.page(page.title(), page)
}

pub async fn create(
    viewer: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    answer(&viewer, form, shell, &db, None).await
}

pub async fn edit(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let detail = db.run(move |conn| queries::detail(conn, id)).await?;
    if detail.anonymised_at.is_some() || detail.merged_into.is_some() {
        return Err(Error::Conflict);
    }
    let page = load_form(&db, Some(id), FormPage::typed_of(&detail)).await?;
    shell.page(page.title(), page)
}

pub async fn update(
    viewer: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    answer(&viewer, form, shell, &db, Some(id.into_inner())).await
}

/// Saves the contact, or shows the form again in one of these cases:
/// - `step`: another department was chosen, so its attendants are offered.
/// - 422: a field is wrong, or other contacts have the same number or address.
/// - 409: somebody else changed the contact meanwhile.
async fn answer(
    account: &Account,
    form: Posted,
    shell: Shell,
    db: &Db,
    contact: Option<ContactId>,
) -> Result<HttpResponse> {
    let typed = ContactInput::read(&form);
    if !form.get("step").is_empty() {
        let page = load_form(db, contact, typed).await?;
        return shell.page(page.title(), page);
    }
    let submission = Submission { contact, typed, by: account.clone() };
    match save::save(db, submission).await? {
        SaveOutcome::Saved(id) => Ok(redirect_with(&format!("/contacts/{id}"), "Contato salvo.")),
        SaveOutcome::Refused { refusal, duplicates } => {
            let refused = RefusedForm::of(refusal, &form, form_path(contact), account.zone);
            let (status, typed) = (refused.status(), ContactInput::read(&refused.form));
            let page = load_form(db, contact, typed).await?.refused(refused, duplicates);
            let title = format!("Erro: {}", page.title());
            shell.page_with(status, &title, page)
        }
    }
}

fn form_path(contact: Option<ContactId>) -> String {
    contact.map_or("/contacts/new".into(), |contact| format!("/contacts/{contact}/edit"))
}

async fn load_form(db: &Db, contact: Option<ContactId>, typed: ContactInput) -> Result<FormPage> {
    let ids = typed.ids();
    let options = db.run(move |conn| Options::load(conn, ids)).await?;
    Ok(FormPage::new(contact, typed, options))
}

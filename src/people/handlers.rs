//! The pages of people.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::form::PersonInput;
use super::save::{SaveOutcome, Submission};
use super::views::{FormPage, Index, ListQuery, PersonContacts, Show};
use super::{AUDITED, queries};
use crate::audit;
use crate::auth::{Account, Can, ManageContacts};
use crate::contacts::views::MAX_HISTORY_ENTRIES;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::web::{Fields, Posted, RefusedForm, Shell, redirect_with};

pub async fn index(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let filter = query.filter();
    let page = db.run(move |conn| queries::page(conn, &filter)).await?;
    shell.page("Pessoas", Index::new(query, page))
}

pub async fn show(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (detail, members, history) = db
        .run(move |conn| {
            let history = audit::newest_about(conn, AUDITED, id.0, MAX_HISTORY_ENTRIES)?;
            Ok((queries::detail(conn, id)?, PersonContacts::of(conn, id)?, history))
        })
        .await?;
    let title = detail.name.clone();
    let view = Show::new(&viewer, detail, members, &history);
    shell.page(&title, view)
}

pub async fn new(_: Can<ManageContacts>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let page = db.run(move |conn| FormPage::load(conn, None, PersonInput::default())).await?;
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
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let page = db
        .run(move |conn| {
            let detail = queries::detail(conn, id)?;
            if detail.anonymised_at.is_some() {
                return Err(Error::Conflict);
            }
            FormPage::load(conn, Some(id), PersonInput::of(&detail))
        })
        .await?;
    shell.page(page.title(), page)
}

pub async fn update(
    viewer: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    answer(&viewer, form, shell, &db, Some(id.into_inner())).await
}

async fn answer(
    account: &Account,
    form: Posted,
    shell: Shell,
    db: &Db,
    person: Option<PersonId>,
) -> Result<HttpResponse> {
    let typed = PersonInput::read(&form);
    let contacts = typed.contacts();
    let submission = Submission { person, typed, by: account.clone() };
    let outcome = db.transaction_on_all(contacts, move |conn| submission.save(conn)).await?;
    let load = |form: &Fields| {
        let typed = PersonInput::read(form);
        db.run(move |conn| FormPage::load(conn, person, typed))
    };
    let (status, page) = match outcome {
        SaveOutcome::Saved(id) => return Ok(redirect_with(&format!("/people/{id}"), "Pessoa salva.")),
        SaveOutcome::Refused(refusal) => {
            let refused = RefusedForm::of(refusal, &form, form_path(person), account.zone);
            (refused.status(), load(&refused.form).await?.refused(refused))
        }
        SaveOutcome::HasNamesakes(namesakes) => {
            (StatusCode::UNPROCESSABLE_ENTITY, load(&form).await?.with_namesakes(namesakes))
        }
    };
    let title = format!("Erro: {}", page.title());
    shell.page_with(status, &title, page)
}

fn form_path(person: Option<PersonId>) -> String {
    person.map_or("/people/new".into(), |person| format!("/people/{person}/edit"))
}

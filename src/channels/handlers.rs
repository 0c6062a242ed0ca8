//! The pages of channels.

use actix_web::{HttpResponse, web};

use super::form::{ChannelFields, snapshot};
use super::views::{FormPage, Index};
use super::{queries, save};
use crate::auth::{Can, ManageChannels};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::refusal::FieldErrors;
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

pub async fn index(_: Can<ManageChannels>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let channels = db.run(queries::all).await?;
    shell.page("Conexões", Index::new(channels))
}

pub async fn new(_: Can<ManageChannels>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let departments = db.run(queries::departments).await?;
    let view = FormPage::new(None, ChannelFields::new(), departments);
    shell.page(view.title(), view)
}

pub async fn edit(
    _: Can<ManageChannels>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (channel, departments) =
        db.run(move |conn| Ok((queries::find(conn, id)?, queries::departments(conn)?))).await?;
    let typed = ChannelFields::of(&channel.draft()?, snapshot(&channel).version());
    let view = FormPage::new(Some(channel), typed, departments);
    shell.page(view.title(), view)
}

pub async fn create(
    viewer: Can<ManageChannels>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (sent, by) = (ChannelFields::read(&form), viewer.clone());
    match name_conflict_as_error(db.transaction(move |conn| save::create(conn, &by, &sent)).await)? {
        Ok(()) => Ok(redirect_with("/channels", "Conexão salva.")),
        Err(errors) => show_refused(shell, &db, None, RefusedForm::invalid(errors, &form)).await,
    }
}

pub async fn update(
    viewer: Can<ManageChannels>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (sent, id, by) = (ChannelFields::read(&form), id.into_inner(), viewer.clone());
    match name_conflict_as_error(db.transaction(move |conn| save::update(conn, &by, id, &sent)).await)? {
        Ok(()) => Ok(redirect_with("/channels", "Conexão salva.")),
        Err(refusal) => {
            let refused = RefusedForm::of(refusal, &form, format!("/channels/{id}"), viewer.zone);
            show_refused(shell, &db, Some(id), refused).await
        }
    }
}

async fn show_refused(
    shell: Shell,
    db: &Db,
    id: Option<ChannelId>,
    refused: RefusedForm,
) -> Result<HttpResponse> {
    let (channel, departments) = db
        .run(move |conn| Ok((id.map(|id| queries::find(conn, id)).transpose()?, queries::departments(conn)?)))
        .await?;
    let (status, typed) = (refused.status(), ChannelFields::read(&refused.form));
    let view = FormPage::new(channel, typed, departments).refused(refused);
    let title = format!("Erro: {}", view.title());
    shell.page_with(status, &title, view)
}

/// Turns a name that another channel has into an error of the form.
fn name_conflict_as_error<E: From<FieldErrors>>(saved: Result<Result<(), E>>) -> Result<Result<(), E>> {
    match saved {
        Err(error) if error.violated_constraint() == Some("channels_name_key") => {
            let mut errors = FieldErrors::default();
            errors.add("name", "Já existe uma conexão com este nome.");
            Ok(Err(errors.into()))
        }
        outcome => outcome,
    }
}

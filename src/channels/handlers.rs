//! The pages of channels.

use actix_web::{HttpResponse, web};

use super::form::{ChannelFields, snapshot};
use super::queries;
use super::save::{self, Saved};
use super::views::{FormPage, Index};
use crate::auth::{Can, ManageChannels};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::web::{FieldErrors, Posted, Refusal, Shell, redirect_with};

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
    let typed = ChannelFields::read(&form);
    let (sent, by) = (typed.clone(), viewer.clone());
    let saved = db.transaction(move |conn| save::create(conn, &by, &sent)).await;
    answer(shell, &db, None, typed, saved).await
}

pub async fn update(
    viewer: Can<ManageChannels>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (typed, id, by) = (ChannelFields::read(&form), id.into_inner(), viewer.clone());
    let sent = typed.clone();
    let saved = db.transaction(move |conn| save::update(conn, &by, id, &sent)).await;
    answer(shell, &db, Some(id), typed, saved).await
}

async fn answer(
    shell: Shell,
    db: &Db,
    id: Option<ChannelId>,
    typed: ChannelFields,
    saved: Result<Saved>,
) -> Result<HttpResponse> {
    let refusal: Refusal = match saved {
        Ok(Ok(())) => return Ok(redirect_with("/channels", "Conexão salva.")),
        Ok(Err(refusal)) => refusal,
        Err(error) if error.violated_constraint() == Some("channels_name_key") => {
            let mut errors = FieldErrors::default();
            errors.add("name", "Já existe uma conexão com este nome.");
            errors.into()
        }
        Err(error) => return Err(error),
    };
    let (channel, departments) = db
        .run(move |conn| Ok((id.map(|id| queries::find(conn, id)).transpose()?, queries::departments(conn)?)))
        .await?;
    let status = refusal.status();
    let view = FormPage::new(channel, typed, departments).refused(refusal);
    let title = format!("Erro: {}", view.title());
    shell.page_with(status, &title, view)
}

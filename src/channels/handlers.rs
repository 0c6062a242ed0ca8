//! The pages of channels.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{ChannelFields, OFFERED};
use super::save::Saving;
use super::tools::Tools;
use super::views::{FormPage, Index, Kinds, NewSecret};
use super::{ChannelKind, queries, save};
use crate::auth::{Account, Can, ManageChannels};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::refusal::FieldErrors;
use crate::web::{Posted, RefusedForm, Shell, redirect_with};

#[derive(Deserialize)]
pub struct KindQuery {
    kind: Option<String>,
}

pub async fn index(viewer: Can<ManageChannels>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let (channels, states) = db.run(|conn| Ok((queries::all(conn)?, queries::states(conn)?))).await?;
    shell.page("Conexões", Index::new(channels, &states, viewer.zone))
}

/// The choice of the kind, then the form.
pub async fn new(
    _: Can<ManageChannels>,
    shell: Shell,
    tools: Tools,
    query: web::Query<KindQuery>,
) -> Result<HttpResponse> {
    let Some(kind) = query.kind.as_deref().and_then(offered) else {
        return shell.page("Nova conexão", Kinds::new());
    };
    let view = FormPage::new(&tools, kind).await?;
    shell.page(view.title(), view)
}

pub async fn edit(
    viewer: Can<ManageChannels>,
    shell: Shell,
    tools: Tools,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let view = FormPage::load(&tools, &viewer, id.into_inner()).await?;
    shell.page(view.title(), view)
}

pub async fn create(
    viewer: Can<ManageChannels>,
    form: Posted,
    shell: Shell,
    tools: Tools,
) -> Result<HttpResponse> {
    let kind = kind_of(form.get("kind"))?;
    let (saving, typed) = (saving(&viewer, &tools), ChannelFields::read(&form, kind)?);
    let created = tools.db.transaction(move |conn| save::create(conn, &saving, kind, &typed)).await;
    match name_conflict_as_error(created)? {
        Ok(save::Created { id, secret: Some(secret) }) => {
            let view = NewSecret::created(id, form.get("name").to_owned(), secret, tools.inbox_url(id));
            shell.page_with(StatusCode::CREATED, "Conexão criada", view)
        }
        Ok(_) => Ok(redirect_with("/channels", "Conexão salva.")),
        Err(errors) => {
            let refused = RefusedForm::invalid(errors, &form);
            show_refused(shell, FormPage::new(&tools, kind).await?, refused)
        }
    }
}

pub async fn update(
    viewer: Can<ManageChannels>,
    form: Posted,
    shell: Shell,
    tools: Tools,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (saving, sent) = (saving(&viewer, &tools), (*form).clone());
    let read = move |kind| ChannelFields::read(&sent, kind);
    let saved = tools.db.transaction(move |conn| save::update(conn, &saving, id, &read)).await;
    match name_conflict_as_error(saved)? {
        Ok(()) => Ok(redirect_with("/channels", "Conexão salva.")),
        Err(refusal) => {
            let refused = RefusedForm::of(refusal, &form, format!("/channels/{id}"), viewer.zone);
            show_refused(shell, FormPage::load(&tools, &viewer, id).await?, refused)
        }
    }
}

fn offered(kind: &str) -> Option<ChannelKind> {
    kind.parse().ok().filter(|kind| OFFERED.contains(kind))
}

/// A form that an older version of Pontual made names no kind. It is for a web chat.
fn kind_of(sent: &str) -> Result<ChannelKind> {
    match sent {
        "" => Ok(ChannelKind::WebChat),
        kind => offered(kind).ok_or(Error::BadRequest),
    }
}

fn saving(by: &Account, tools: &Tools) -> Saving {
    Saving {
        by: by.clone(),
        cipher: (**tools.cipher).clone(),
        allows_private_addresses: tools.transports.allows_private_addresses,
    }
}

fn show_refused(shell: Shell, view: FormPage, refused: RefusedForm) -> Result<HttpResponse> {
    let status = refused.status();
    let view = view.refused(refused)?;
    let title = format!("Erro: {}", view.title());
    shell.page_with(status, &title, view)
}

/// Turns a name that another channel has into an error of the form.
fn name_conflict_as_error<T, E: From<FieldErrors>>(saved: Result<Result<T, E>>) -> Result<Result<T, E>> {
    match saved {
        Err(error) if error.violated_constraint() == Some("channels_name_key") => {
            let mut errors = FieldErrors::default();
            errors.add("name", "Já existe uma conexão com este nome.");
            Ok(Err(errors.into()))
        }
        outcome => outcome,
    }
}

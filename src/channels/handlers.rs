//! The pages of channels.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::form::{Typed, snapshot};
use super::queries;
use super::views::{Deactivation, FormPage, Index};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageChannels};
use crate::db::Db;
use crate::departments::self_access;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::live::{self, Event};
use crate::web::{FieldErrors, Posted, Refusal, Shell, Stale, redirect_with};

pub async fn index(_: Can<ManageChannels>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let channels = db.run(queries::all).await?;
    shell.page("Conexões", Index::new(channels))
}

pub async fn new(_: Can<ManageChannels>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let departments = db.run(queries::departments).await?;
    let view = FormPage::new(None, Typed::new(), departments);
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
    let typed = Typed::of(&channel.draft()?, snapshot(&channel).version());
    let view = FormPage::new(Some(channel), typed, departments);
    shell.page(view.title(), view)
}

pub async fn create(
    viewer: Can<ManageChannels>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let typed = Typed::read(&form);
    let (sent, by) = (typed.clone(), viewer.clone());
    let saved = db.transaction(move |conn| insert(conn, &sent, &by)).await;
    answer(shell, &db, None, typed, saved).await
}

pub async fn update(
    viewer: Can<ManageChannels>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (typed, id, who) = (Typed::read(&form), id.into_inner(), viewer.clone());
    let sent = typed.clone();
    let saved = db.transaction(move |conn| save(conn, id, &sent, &who)).await;
    answer(shell, &db, Some(id), typed, saved).await
}

/// Saved, or the reason why not.
type Judged = Result<(), Refusal>;

fn insert(conn: &mut PgConnection, typed: &Typed, by: &Account) -> Result<Judged> {
    let active = queries::held_departments(conn)?;
    let draft = match typed.parse(&active) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let id = queries::insert(conn, &draft)?;
    audit::record(conn, &audit::Entry::of(Action::ChannelCreated).by(by).about(Some(id.0)))?;
    Ok(Ok(()))
}

fn save(conn: &mut PgConnection, id: ChannelId, typed: &Typed, by: &Account) -> Result<Judged> {
    let channel = queries::find_for_update(conn, id)?;
    let active = queries::held_departments(conn)?;
    let draft = match typed.parse(&active) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let fields = draft.changed_fields(&channel.draft()?);
    if fields.is_empty() {
        return Ok(Ok(()));
    }
    if let Some(stale) = Stale::since(&typed.version, &snapshot(&channel), format!("/channels/{id}")) {
        let edited = [Action::ChannelCreated, Action::ChannelEdited, Action::ChannelRedirected];
        let last = audit::newest_about(conn, &edited, id.0, 1)?.pop();
        return Ok(Err(stale.by(last, by.zone)));
    }
    if draft.department != channel.department_id
        && !self_access::may_send_work(conn, by, channel.department_id, draft.department)?
    {
        let mut errors = FieldErrors::default();
        errors.add(
            "department_id",
            "Você atende este departamento e passaria a ver conversas que hoje não vê. Peça a outra pessoa para mudar.",
        );
        return Ok(Err(errors.into()));
    }
    queries::save(conn, id, &draft)?;
    let entry = audit::Entry::of(Action::ChannelEdited).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(json!({ "fields": fields })))?;
    Ok(Ok(()))
}

async fn answer(
    shell: Shell,
    db: &Db,
    id: Option<ChannelId>,
    typed: Typed,
    saved: Result<Judged>,
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

/// Shows what uses the channel before it is deactivated.
pub async fn ask_deactivation(
    _: Can<ManageChannels>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (channel, load) =
        db.run(move |conn| Ok((queries::find(conn, id)?, queries::load(conn, id)?))).await?;
    if !channel.is_active {
        return Ok(redirect_with("/channels", crate::channels::CHANNEL_DEACTIVATED));
    }
    let view = Deactivation::new(&channel, load);
    shell.page("Desativar conexão", view)
}

pub async fn deactivate(
    viewer: Can<ManageChannels>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| set_active(conn, id, false, &by)).await?;
    Ok(redirect_with("/channels", crate::channels::CHANNEL_DEACTIVATED))
}

pub async fn reactivate(
    viewer: Can<ManageChannels>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| set_active(conn, id, true, &by)).await?;
    Ok(redirect_with("/channels", "Conexão reativada."))
}

/// Can be repeated: if the channel has that state already, nothing happens.
fn set_active(conn: &mut PgConnection, id: ChannelId, is_active: bool, by: &Account) -> Result<()> {
    if !queries::set_active(conn, id, is_active)? {
        return queries::find(conn, id).map(drop);
    }
    let action = if is_active { Action::ChannelReactivated } else { Action::ChannelDeactivated };
    audit::record(conn, &audit::Entry::of(action).by(by).about(Some(id.0)))?;
    live::announce(conn, &Event::LinksChanged)
}

//! The bell's panel and the page of notifications.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::PgConnection;
use serde::Deserialize;
use serde_json::json;

use super::back::Back;
use super::queries::{self, Preferences};
use super::{Filter, views};
use crate::audit::{self, Action};
use crate::auth::Viewer;
use crate::conversations::readers::readers;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{NotificationId, UserId};
use crate::live::{self, Event};
use crate::web::{Cursor, Posted, Shell, redirect};

#[derive(Deserialize)]
pub struct Place {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
}

impl Place {
    /// The row where the page starts, and whether the page lies before it. Without a valid cursor it is the
    /// first page.
    fn start(&self) -> (Option<Cursor>, bool) {
        match self.before.parse() {
            Ok(cursor) => (Some(cursor), true),
            Err(()) => (self.after.parse().ok(), false),
        }
    }
}

pub async fn index(
    viewer: Viewer,
    shell: Shell,
    place: web::Query<Place>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (user, filter, start) = (viewer.id, Filter::named(&place.filter), place.start());
    let (page, counts) = db
        .run(move |conn| Ok((queries::page_of(conn, user, filter, start)?, queries::counts(conn, user)?)))
        .await?;
    let view = views::Index::new(&viewer, filter, counts, &page);
    shell.page("Notificações", view)
}

pub async fn panel(viewer: Viewer, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let user = viewer.id;
    let rows = db.run(move |conn| queries::newest(conn, user)).await?;
    let view = views::Panel::of(&rows);
    shell.fragment(StatusCode::OK, view)
}

/// Marks all notifications as read.
pub async fn read_all(_: Posted, viewer: Viewer, back: Back, db: web::Data<Db>) -> Result<HttpResponse> {
    let user = viewer.id;
    let done = Some("Todas as notificações foram marcadas como lidas.");
    change(&db, user, &back, done, move |conn| queries::read_all(conn, user)).await
}

/// Marks a notification as read.
pub async fn read(
    _: Posted,
    viewer: Viewer,
    back: Back,
    id: web::Path<NotificationId>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    change(&db, user, &back, None, move |conn| queries::read(conn, id, user)).await
}

/// "Ir para conversa": marks the notification as read and redirects to the conversation. Users who may not
/// read the conversation are redirected to the contact's page, or else to the schedule's.
pub async fn open(
    _: Posted,
    viewer: Viewer,
    id: web::Path<NotificationId>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    let (to, is_reader) = db
        .transaction(move |conn| {
            queries::read(conn, id, user)?;
            tell(conn, user)?;
            let to = queries::destination(conn, id, user)?;
            let is_reader = !readers(conn, to.contact_id, &[user])?.is_empty();
            Ok((to, is_reader))
        })
        .await?;
    Ok(redirect(&match to.ticket_id {
        Some(ticket) if is_reader => format!("/tickets/{ticket}"),
        None if is_reader => format!("/contacts/{}/conversation", to.contact_id),
        _ if viewer.reads_contacts() => format!("/contacts/{}", to.contact_id),
        _ => format!("/schedules/{}", to.schedule_id),
    }))
}

/// "Remover": removes a notification.
pub async fn remove(
    _: Posted,
    viewer: Viewer,
    back: Back,
    id: web::Path<NotificationId>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    let done = Some("Notificação removida.");
    change(&db, user, &back, done, move |conn| queries::remove(conn, id, user)).await
}

/// Chooses what the browser does while no page of Pontual is visible.
pub async fn choose(form: Posted, viewer: Viewer, back: Back, db: web::Data<Db>) -> Result<HttpResponse> {
    let chosen = Preferences {
        plays_sound: !form.get("plays_sound").is_empty(),
        shows_browser_notices: !form.get("shows_browser_notices").is_empty(),
    };
    db.transaction(move |conn| {
        queries::choose(conn, viewer.id, chosen)?;
        let fields = json!({ "fields": ["plays_sound", "shows_browser_notices"] });
        let entry = audit::Entry::of(Action::UserNoticesChosen).by(&viewer).about(Some(viewer.id.0));
        audit::record(conn, &entry.with(fields))
    })
    .await?;
    Ok(back.answer(Some("Avisos atualizados.")))
}

/// Changes the user's notifications. A form without htmx is redirected back, with the message `done`. For
/// htmx the answer is empty, and its event `bell` carries the new state of the bell.
async fn change(
    db: &Db,
    user: UserId,
    back: &Back,
    done: Option<&'static str>,
    write: impl Fn(&mut PgConnection) -> Result<()> + Send + 'static,
) -> Result<HttpResponse> {
    let bell = db
        .transaction(move |conn| {
            write(conn)?;
            tell(conn, user)
        })
        .await?;
    let Some(bell) = bell.filter(|_| back.is_htmx) else { return Ok(back.answer(done)) };
    let event = json!({ "bell": { "unread": bell.unread, "ids": bell.ids } });
    Ok(HttpResponse::NoContent().insert_header(("hx-trigger", event.to_string())).finish())
}

/// Announces the change to the user's other tabs, and returns the new state of the bell.
fn tell(conn: &mut PgConnection, user: UserId) -> Result<Option<queries::Bell>> {
    live::announce(conn, &Event::BellChanged(user))?;
    Ok(queries::bells(conn, &[user])?.pop())
}

//! The conversation's page for the team.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::queries::{self, Subject};
use super::thread::Window;
use super::views::{Draft, Frame, Show, Update};
use crate::auth::Viewer;
use crate::config::Config;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ContactId, MessageId};
use crate::tickets::Inbox;
use crate::web::{Shell, redirect};

/// The position in a thread, from the query string.
#[derive(Clone, Copy, Deserialize)]
pub struct Place {
    before: Option<MessageId>,
    after: Option<MessageId>,
    whole: Option<u8>,
}

pub async fn show(
    viewer: Viewer,
    desk: Desk,
    contact: web::Path<ContactId>,
    place: web::Query<Place>,
) -> Result<HttpResponse> {
    desk.show(viewer, Subject::Contact(*contact), Wanted::part(Window::of_page(place.before, place.whole)))
        .await
}

/// What an open page is missing: the messages after its last one, or those before its first.
pub async fn messages(
    viewer: Viewer,
    shell: Shell,
    contact: web::Path<ContactId>,
    place: web::Query<Place>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (contact, window, user) = (*contact, Window::of(place.before, place.after), viewer.id);
    let update = db.run(move |conn| queries::update(conn, user, contact, window)).await?;
    shell.fragment(StatusCode::OK, Update::of(update, contact, &viewer))
}

/// What handlers need to show a conversation's page.
pub struct Desk {
    pub db: Db,
    shell: Shell,
    config: web::Data<Config>,
    links: web::Data<Links>,
}

/// Which conversation page to show, and with what.
pub struct Wanted {
    status: StatusCode,
    window: Window,
    draft: Draft,
    /// Whether closing the ticket was stopped, because there are messages that the user has not seen.
    asks: bool,
}

impl Wanted {
    /// One part of the messages.
    pub fn part(window: Window) -> Self {
        Self { status: StatusCode::OK, window, draft: Draft::new(), asks: false }
    }

    /// The newest messages, with the typed message that could not be sent.
    pub fn refused(status: StatusCode, draft: Draft) -> Self {
        Self { status, window: Window::Newest, draft, asks: false }
    }

    /// The newest messages, to be read before the ticket is closed, with the message being written.
    pub fn asking(draft: Draft) -> Self {
        Self { asks: true, ..Self::refused(StatusCode::CONFLICT, draft) }
    }

    /// The newest messages, with the message that was being written when the ticket was closed.
    pub fn keeping(draft: Draft) -> Self {
        Self::refused(StatusCode::OK, draft)
    }
}

impl Desk {
    /// Responds with the conversation.
    ///
    /// # Errors
    /// `NotFound`, also if the viewer may not read it.
    pub async fn show(self, viewer: Viewer, subject: Subject, wanted: Wanted) -> Result<HttpResponse> {
        let (reader, window, status) = (viewer.clone(), wanted.window, wanted.status);
        let (conversation, list) = self
            .db
            .run(move |conn| {
                let found = queries::conversation(conn, reader.id, subject, window)?;
                let list = match reader.can_attend() {
                    true => Some(Inbox::beside(conn, &reader, found.contact.id)?),
                    false => None,
                };
                Ok((found, list))
            })
            .await?;
        let link =
            self.config.link(&self.links.path(conversation.contact.id, conversation.contact.link_version));
        let title = conversation.contact.name.clone();
        let Wanted { draft, asks, .. } = wanted;
        let frame = Frame { subject, window, draft, asks, link };
        let view = Show::of(conversation, list, &viewer, frame);
        self.shell.page_with(status, &title, view)
    }

    /// Responds to a completed action: a redirect to `path`, or 204 to a page that updates itself.
    pub fn done(&self, path: &str) -> HttpResponse {
        if self.shell.is_htmx { HttpResponse::NoContent().finish() } else { redirect(path) }
    }
}

impl FromRequest for Desk {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let shell = Shell::from_request(request, payload).into_inner();
        let desk = shell.and_then(|shell| {
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let config = request.app_data().cloned().ok_or_else(|| Error::unexpected("no Config"))?;
            let links = request.app_data().cloned().ok_or_else(|| Error::unexpected("no Links"))?;
            Ok(Self { db: db.get_ref().clone(), shell, config, links })
        });
        ready(desk)
    }
}

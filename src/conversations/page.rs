//! Responds with the conversation's page for the team.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use super::TicketList;
use super::queries::{self, Subject};
use super::thread::Window;
use super::views::{PageContext, ReplyDraft, Show};
use crate::auth::Viewer;
use crate::config::Config;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::web::{Shell, redirect};

/// What handlers need to respond with a conversation's page.
pub struct ConversationPage {
    pub db: Db,
    shell: Shell,
    config: web::Data<Config>,
    links: web::Data<Links>,
}

/// Which part of a conversation to show, and with what.
pub struct PageRequest {
    status: StatusCode,
    window: Window,
    draft: ReplyDraft,
    /// Whether closing the ticket was stopped, because there are messages that the user has not seen.
    asks_to_confirm_closing: bool,
}

impl PageRequest {
    /// One part of the messages.
    pub fn part(window: Window) -> Self {
        Self { status: StatusCode::OK, window, draft: ReplyDraft::new(), asks_to_confirm_closing: false }
    }

    /// The newest messages, with the typed message that could not be sent.
    pub fn refused(status: StatusCode, draft: ReplyDraft) -> Self {
        Self { status, window: Window::Newest, draft, asks_to_confirm_closing: false }
    }

    /// The newest messages, to be read before the ticket is closed, with the message being written.
    pub fn asking(draft: ReplyDraft) -> Self {
        Self { asks_to_confirm_closing: true, ..Self::refused(StatusCode::CONFLICT, draft) }
    }

    /// The newest messages, with the message that was being written when the ticket was closed.
    pub fn keeping(draft: ReplyDraft) -> Self {
        Self::refused(StatusCode::OK, draft)
    }
}

impl ConversationPage {
    /// Responds with the conversation.
    ///
    /// # Errors
    /// `NotFound`, also if the viewer may not read it.
    pub async fn show(self, viewer: Viewer, subject: Subject, request: PageRequest) -> Result<HttpResponse> {
        let PageRequest { status, window, draft, asks_to_confirm_closing } = request;
        let reader = viewer.clone();
        let (conversation, ticket_list) = self
            .db
            .run(move |conn| {
                let found = queries::conversation(conn, reader.id, subject, window)?;
                let ticket_list = match reader.can_attend() {
                    true => Some(TicketList::beside(conn, &reader, found.contact.id)?),
                    false => None,
                };
                Ok((found, ticket_list))
            })
            .await?;
        let contact = &conversation.contact;
        let link = self.config.link(&self.links.path(contact.id, contact.link_version));
        let title = contact.name.clone();
        let context = PageContext { subject, window, draft, asks_to_confirm_closing, link };
        let view = Show::of(conversation, ticket_list, &viewer, context);
        self.shell.page_with(status, &title, view)
    }

    /// Responds to a completed action: a redirect to `path`, or 204 to a page that updates itself.
    pub fn done(&self, path: &str) -> HttpResponse {
        if self.shell.is_htmx { HttpResponse::NoContent().finish() } else { redirect(path) }
    }
}

impl FromRequest for ConversationPage {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let shell = Shell::from_request(request, payload).into_inner();
        let page = shell.and_then(|shell| {
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let config = request.app_data().cloned().ok_or_else(|| Error::unexpected("no Config"))?;
            let links = request.app_data().cloned().ok_or_else(|| Error::unexpected("no Links"))?;
            Ok(Self { db: db.get_ref().clone(), shell, config, links })
        });
        ready(page)
    }
}

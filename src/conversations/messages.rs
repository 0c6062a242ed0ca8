//! The messages of a conversation: what an open page is missing, and what attendants write.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form;
use super::page::{ConversationPage, PageRequest};
use super::queries::{self, Subject};
use super::reply::{self, Replied};
use super::thread::Window;
use super::views::{ReplyDraft, Update};
use crate::auth::{Attendant, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ContactId, MessageId, TicketId};
use crate::web::{Posted, Shell};

/// The part of the thread that an open page asks for.
#[derive(Clone, Copy, Deserialize)]
pub struct UpdateQuery {
    before: Option<MessageId>,
    after: Option<MessageId>,
}

/// What an open page is missing: the messages after its last one, or those before its first.
pub async fn index(
    viewer: Viewer,
    shell: Shell,
    contact: web::Path<ContactId>,
    query: web::Query<UpdateQuery>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (contact, window, user) = (*contact, Window::of_update(query.before, query.after), viewer.id);
    let update = db.run(move |conn| queries::update(conn, user, contact, window)).await?;
    shell.fragment(StatusCode::OK, Update::of(update, contact, &viewer))
}

/// Writes a message to the customer, or an internal comment.
pub async fn create(
    attendant: Attendant,
    form: Posted,
    page: ConversationPage,
    ticket: web::Path<TicketId>,
) -> Result<HttpResponse> {
    let (ticket, viewer) = (*ticket, (*attendant).clone());
    let draft = |error: String| {
        ReplyDraft::refused(form::kind(&form), form.get("body"), form.get("client_key"), error)
    };
    let reply = match form::parse(&form) {
        Ok(reply) => reply,
        Err(error) => {
            let request = PageRequest::refused(StatusCode::UNPROCESSABLE_ENTITY, draft(error.sentence()));
            return page.show(viewer, Subject::Ticket(ticket), request).await;
        }
    };
    let author = viewer.clone();
    let replied =
        page.db.transaction_on(ticket, move |conn| reply::reply(conn, &author, ticket, &reply)).await?;
    match replied {
        Replied::Written => Ok(page.done(&format!("/tickets/{ticket}"))),
        Replied::TicketClosed => {
            let draft = draft("Este chamado está fechado.".to_owned());
            let request = PageRequest::refused(StatusCode::CONFLICT, draft);
            page.show(viewer, Subject::Ticket(ticket), request).await
        }
    }
}

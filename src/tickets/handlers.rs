//! The list of conversations, the page of a ticket's conversation, and the actions of its attendants.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::json;

use super::form::{self, Reply};
use super::inbox::Search;
use super::{Inbox, count_unseen, queries};
use crate::auth::{Attendant, Viewer};
use crate::conversations::thread::Window;
use crate::conversations::{Desk, Draft, Subject, Wanted};
use crate::db::Db;
use crate::error::Result;
use crate::ids::{MessageId, TicketId};
use crate::web::{Posted, Shell, redirect, redirect_with};

#[derive(Template)]
#[template(path = "tickets/index.html")]
struct Index {
    list: Inbox,
}

/// The position in a thread, from the query string.
#[derive(Deserialize)]
pub struct Place {
    before: Option<MessageId>,
    whole: Option<u8>,
}

pub async fn index(
    attendant: Attendant,
    shell: Shell,
    search: web::Query<Search>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let viewer = (*attendant).clone();
    let list = db.run(move |conn| Inbox::load(conn, &viewer, &search)).await?;
    shell.page("Conversas", Index { list })
}

/// The current number beside "Conversas" in the panel.
pub async fn unseen(attendant: Attendant, db: web::Data<Db>) -> Result<HttpResponse> {
    let user = attendant.id;
    let unseen = db.run(move |conn| count_unseen(conn, user)).await?;
    Ok(HttpResponse::Ok().json(json!({ "unseen": unseen })))
}

pub async fn show(
    viewer: Viewer,
    desk: Desk,
    ticket: web::Path<TicketId>,
    place: web::Query<Place>,
) -> Result<HttpResponse> {
    desk.show(viewer, Subject::Ticket(*ticket), Wanted::part(Window::of_page(place.before, place.whole)))
        .await
}

/// Writes a message to the customer, or an internal comment.
pub async fn reply(
    attendant: Attendant,
    form: Posted,
    desk: Desk,
    ticket: web::Path<TicketId>,
) -> Result<HttpResponse> {
    let (ticket, viewer) = (*ticket, (*attendant).clone());
    let draft =
        |error: String| Draft::kept(form::kind(&form), form.get("body"), form.get("client_key"), error);
    let reply = match Reply::parse(&form) {
        Ok(reply) => reply,
        Err(error) => {
            let wanted = Wanted::refused(StatusCode::UNPROCESSABLE_ENTITY, draft(error.sentence()));
            return desk.show(viewer, Subject::Ticket(ticket), wanted).await;
        }
    };
    let author = viewer.clone();
    let is_written = desk
        .db
        .transaction_on(ticket, move |conn| {
            let ticket = queries::lock_attended(conn, &author, ticket)?;
            queries::reply(conn, author.id, &ticket, &reply)
        })
        .await?;
    if !is_written {
        let wanted = Wanted::refused(StatusCode::CONFLICT, draft("Este chamado está fechado.".to_owned()));
        return desk.show(viewer, Subject::Ticket(ticket), wanted).await;
    }
    Ok(desk.done(&format!("/tickets/{ticket}")))
}

/// "Fechar chamado". If somebody else has closed the ticket, the page shows it closed. If somebody else wrote
/// something that the page did not show, the page shows it and asks again (409). The button belongs to the
/// composer's form, so that the text being written is kept.
pub async fn close(
    attendant: Attendant,
    form: Posted,
    desk: Desk,
    ticket: web::Path<TicketId>,
) -> Result<HttpResponse> {
    let (viewer, ticket, seen) = ((*attendant).clone(), *ticket, form.get("up_to").parse().ok());
    let closer = viewer.clone();
    let closed = desk
        .db
        .transaction_on(ticket, move |conn| {
            let is_open = queries::lock_attended(conn, &closer, ticket)?.is_open();
            if is_open && queries::has_news(conn, ticket, seen, closer.id)? {
                return Ok(None);
            }
            queries::close(conn, ticket, &closer).map(Some)
        })
        .await?;
    let draft = Draft::unsent(form::kind(&form), form.get("body"), form.get("client_key"));
    let path = format!("/tickets/{ticket}");
    match closed {
        None => desk.show(viewer, Subject::Ticket(ticket), Wanted::asking(draft)).await,
        Some(_) if !draft.is_empty() => {
            desk.show(viewer, Subject::Ticket(ticket), Wanted::keeping(draft)).await
        }
        Some(true) => Ok(redirect_with(&path, "Chamado fechado.")),
        Some(false) => Ok(redirect(&path)),
    }
}

/// Records up to which message the thread was shown.
pub async fn read(
    attendant: Attendant,
    form: Posted,
    ticket: web::Path<TicketId>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (viewer, ticket) = ((*attendant).clone(), *ticket);
    let message = form.get("message_id").parse().map_err(|_| crate::Error::BadRequest)?;
    db.transaction_on(ticket, move |conn| {
        let ticket = queries::lock_attended(conn, &viewer, ticket)?;
        queries::mark_seen(conn, &ticket, message)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

//! The list of conversations as a page, a ticket's conversation, and the number beside "Conversas" in the panel.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::json;

use super::queries::count_unseen;
use super::{TicketList, TicketListQuery};
use crate::auth::{Attendant, Viewer};
use crate::conversations::handlers::ThreadQuery;
use crate::conversations::page::ConversationPage;
use crate::conversations::queries::Subject;
use crate::db::Db;
use crate::error::Result;
use crate::ids::TicketId;
use crate::web::Shell;

#[derive(Template)]
#[template(path = "conversations/tickets/index.html")]
struct Index {
    tickets: TicketList,
}

pub async fn index(
    attendant: Attendant,
    shell: Shell,
    query: web::Query<TicketListQuery>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let viewer = (*attendant).clone();
    let tickets = db.run(move |conn| TicketList::load(conn, &viewer, &query)).await?;
    shell.page("Conversas", Index { tickets })
}

/// The conversation with a ticket's contact, with that ticket in the head of the page.
pub async fn show(
    viewer: Viewer,
    page: ConversationPage,
    ticket: web::Path<TicketId>,
    query: web::Query<ThreadQuery>,
) -> Result<HttpResponse> {
    page.show(viewer, Subject::Ticket(*ticket), query.request()).await
}

/// The current number beside "Conversas" in the panel.
pub async fn unseen(attendant: Attendant, db: web::Data<Db>) -> Result<HttpResponse> {
    let user = attendant.id;
    let unseen = db.run(move |conn| count_unseen(conn, user)).await?;
    Ok(HttpResponse::Ok().json(json!({ "unseen": unseen })))
}

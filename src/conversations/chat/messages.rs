//! The messages of the chat: what an open page is missing, and what the customer writes.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::views::{Chat, ChatDraft, Update};
use super::{Customer, queries};
use crate::conversations::receive::{IncomingMessage, Received, receive};
use crate::conversations::thread::{self, Audience, Body, Part, Window};
use crate::db::Db;
use crate::error::Result;
use crate::ids::MessageId;
use crate::web::{Posted, Shell, redirect};

const TOO_MANY_MESSAGES: &str =
    "Você enviou muitas mensagens em pouco tempo. Aguarde um minuto e envie de novo.";

const TOO_MANY_REQUESTS: &str = "Foram muitos pedidos em pouco tempo. Aguarde um minuto e envie de novo.";

/// The part of the thread that an open page asks for.
#[derive(Clone, Copy, Deserialize)]
pub struct UpdateQuery {
    before: Option<MessageId>,
    after: Option<MessageId>,
}

/// What an open page is missing: the messages after its last one, or those before its first.
pub async fn index(
    customer: Customer,
    shell: Shell,
    query: web::Query<UpdateQuery>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (contact, window) = (customer.id, Window::of_update(query.before, query.after));
    let part = db.run(move |conn| thread::queries::part(conn, contact, Audience::Customer, window)).await?;
    shell.fragment(StatusCode::OK, Update::of(&part, &customer))
}

/// Receives a message of the customer.
pub async fn create(
    customer: Customer,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (typed, key) = (form.get("body"), form.get("client_key"));
    if customer.has_exceeded_limit {
        let draft = ChatDraft::refused(typed, key, TOO_MANY_REQUESTS);
        let view = Chat::of(&Part::empty(), &customer, Window::Newest, draft);
        return shell.fragment(StatusCode::TOO_MANY_REQUESTS, view);
    }
    let body = match Body::parse(typed) {
        Ok(body) => body,
        Err(error) => {
            let draft = ChatDraft::refused(typed, key, error.sentence());
            return refuse(&customer, shell, &db, StatusCode::UNPROCESSABLE_ENTITY, draft).await;
        }
    };
    let (contact, access) = (customer.id, customer.access);
    let incoming = IncomingMessage {
        contact,
        body,
        client_key: key.parse().ok(),
        ip: customer.ip.clone(),
        origin: None,
        quoted: String::new(),
        files: Vec::new(),
    };
    let receiving = db.transaction_on(contact, move |conn| {
        queries::lock_contact(conn, contact, access)?;
        receive(conn, &incoming)
    });
    match receiving.await? {
        Received::TooMany => {
            let draft = ChatDraft::refused(typed, key, TOO_MANY_MESSAGES);
            refuse(&customer, shell, &db, StatusCode::TOO_MANY_REQUESTS, draft).await
        }
        Received::Written if shell.is_htmx => Ok(HttpResponse::NoContent().finish()),
        Received::Written => Ok(redirect(&customer.path)),
    }
}

/// Responds with the newest messages and the text that was not sent.
async fn refuse(
    customer: &Customer,
    shell: Shell,
    db: &Db,
    status: StatusCode,
    draft: ChatDraft,
) -> Result<HttpResponse> {
    let (contact, window) = (customer.id, Window::Newest);
    let part = db.run(move |conn| thread::queries::part(conn, contact, Audience::Customer, window)).await?;
    shell.fragment(status, Chat::of(&part, customer, window, draft))
}

//! The messages of the chat: what an open page is missing, and what the customer writes.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::keep_files::keep_files;
use super::posted::CustomerPost;
use super::views::{Chat, ChatDraft, Update};
use super::{Customer, queries};
use crate::conversations::receive::{IncomingMessage, Received, receive};
use crate::conversations::thread::{self, Audience, Body, BodyError, Part, Window};
use crate::db::Db;
use crate::error::Result;
use crate::files::PostedFiles;
use crate::ids::MessageId;
use crate::web::{Shell, redirect};

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

/// Receives a message of the customer: text, files, or both.
pub async fn create(post: CustomerPost, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let CustomerPost { customer, mut form } = post;
    let draft = ChatDraft::posted(&form, &shell);
    if customer.has_exceeded_limit {
        let view = Chat::of(&Part::empty(), &customer, Window::Newest, draft.refused(TOO_MANY_REQUESTS));
        return shell.fragment(StatusCode::TOO_MANY_REQUESTS, view);
    }
    let incoming = match incoming(&customer, &db, &mut form).await? {
        Ok(incoming) => incoming,
        Err(sentence) => {
            let draft = draft.refused(sentence);
            return refuse(&customer, shell, &db, StatusCode::UNPROCESSABLE_ENTITY, draft).await;
        }
    };
    let (contact, access) = (customer.id, customer.access);
    let receiving = db.transaction_on(contact, move |conn| {
        queries::lock_contact(conn, contact, access)?;
        receive(conn, &incoming)
    });
    match receiving.await? {
        Received::TooMany => {
            let draft = draft.refused(TOO_MANY_MESSAGES);
            refuse(&customer, shell, &db, StatusCode::TOO_MANY_REQUESTS, draft).await
        }
        Received::Written if shell.is_htmx => Ok(HttpResponse::NoContent().finish()),
        Received::Written => Ok(redirect(&customer.path)),
    }
}

/// The message in the form, whose files are stored; or the sentence about what is wrong.
async fn incoming(
    customer: &Customer,
    db: &Db,
    form: &mut PostedFiles,
) -> Result<Result<IncomingMessage, String>> {
    let body = match Body::parse_beside_files(form.get("body"), !form.file_names().is_empty()) {
        Ok(body) => body,
        Err(BodyError::Empty) => return Ok(Err("Escreva a mensagem ou escolha um arquivo.".to_owned())),
        Err(error) => return Ok(Err(error.sentence())),
    };
    let client_key = form.get("client_key").parse().ok();
    let kept = keep_files(db, customer.id, form).await?;
    Ok(kept.map(|files| IncomingMessage {
        contact: customer.id,
        body,
        client_key,
        ip: customer.ip.clone(),
        origin: None,
        quoted: String::new(),
        files,
    }))
}

/// Responds with the newest messages and what was not sent.
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

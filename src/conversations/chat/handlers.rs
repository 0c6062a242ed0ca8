//! The customer's page.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::Customer;
use super::queries::{self, Received};
use super::views::{Chat, Draft, Update};
use crate::conversations::thread::{self, Audience, Body, Part, Window};
use crate::db::Db;
use crate::error::Result;
use crate::ids::MessageId;
use crate::web::{Posted, Shell, client_ip, redirect};

const TOO_MANY: &str = "Você enviou muitas mensagens em pouco tempo. Aguarde um minuto e envie de novo.";

const TOO_FAST: &str = "Foram muitos pedidos em pouco tempo. Aguarde um minuto e envie de novo.";

/// Maximum messages per acknowledgement.
const RECEIPTS: usize = 200;

/// The position in a thread, from the query string.
#[derive(Clone, Copy, Deserialize)]
pub struct Place {
    before: Option<MessageId>,
    after: Option<MessageId>,
    whole: Option<u8>,
}

pub async fn show(
    customer: Customer,
    shell: Shell,
    place: web::Query<Place>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let window = Window::of_page(place.before, place.whole);
    answer(&customer, shell, &db, (StatusCode::OK, window, Draft::new())).await
}

/// What an open page is missing: the messages after its last one, or those before its first.
pub async fn messages(
    customer: Customer,
    shell: Shell,
    place: web::Query<Place>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (contact, window) = (customer.id, Window::of(place.before, place.after));
    let part = db.run(move |conn| thread::queries::part(conn, contact, Audience::Customer, window)).await?;
    shell.fragment(StatusCode::OK, Update::of(&part, &customer))
}

/// Receives a message of the customer.
pub async fn write(
    customer: Customer,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (typed, key) = (form.get("body").to_owned(), form.get("client_key").to_owned());
    let refused = |status, error: String| (status, Window::Newest, Draft::kept(&typed, &key, error));
    if customer.is_too_fast {
        let draft = Draft::kept(&typed, &key, TOO_FAST);
        let view = Chat::of(&Part::empty(), &customer, Window::Newest, draft);
        return shell.fragment(StatusCode::TOO_MANY_REQUESTS, view);
    }
    let body = match Body::parse(&typed) {
        Ok(body) => body,
        Err(error) => {
            let wanted = refused(StatusCode::UNPROCESSABLE_ENTITY, error.sentence());
            return answer(&customer, shell, &db, wanted).await;
        }
    };
    let (contact, writer, client_key, ip) =
        (customer.id, customer.clone(), key.parse().ok(), client_ip(&request));
    match db
        .transaction_on(contact, move |conn| queries::receive(conn, &writer, &body, client_key, &ip))
        .await?
    {
        Received::TooMany => {
            let wanted = refused(StatusCode::TOO_MANY_REQUESTS, TOO_MANY.to_owned());
            answer(&customer, shell, &db, wanted).await
        }
        Received::Written if shell.is_htmx => Ok(HttpResponse::NoContent().finish()),
        Received::Written => Ok(redirect(&customer.path)),
    }
}

/// Records which messages the page received (`delivered`) and showed (`read`).
pub async fn acknowledge(customer: Customer, form: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let ids = |name: &str| -> Vec<MessageId> {
        form.all(name).filter_map(|id| id.parse().ok()).take(RECEIPTS).collect()
    };
    let (delivered, read) = (ids("delivered"), ids("read"));
    db.transaction_on(customer.id, move |conn| queries::acknowledge(conn, &customer, &delivered, &read))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn answer(
    customer: &Customer,
    shell: Shell,
    db: &Db,
    (status, window, draft): (StatusCode, Window, Draft),
) -> Result<HttpResponse> {
    let contact = customer.id;
    let part = db.run(move |conn| thread::queries::part(conn, contact, Audience::Customer, window)).await?;
    let view = Chat::of(&part, customer, window, draft);
    shell.fragment(status, view)
}

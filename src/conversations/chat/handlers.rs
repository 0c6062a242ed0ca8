//! The customer's page.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Customer;
use super::views::{Chat, ChatDraft};
use crate::conversations::thread::{self, Audience, Window};
use crate::db::Db;
use crate::error::Result;
use crate::ids::MessageId;
use crate::web::Shell;

/// The part of the thread that the query string asks for.
#[derive(Clone, Copy, Deserialize)]
pub struct ThreadQuery {
    before: Option<MessageId>,
    whole: Option<u8>,
}

pub async fn show(
    customer: Customer,
    shell: Shell,
    query: web::Query<ThreadQuery>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (contact, window) = (customer.id, Window::of_page(query.before, query.whole));
    let part = db.run(move |conn| thread::queries::part(conn, contact, Audience::Customer, window)).await?;
    let view = Chat::of(&part, &customer, window, ChatDraft::new());
    shell.fragment(StatusCode::OK, view)
}

//! Which messages reached the customer's page.

use actix_web::{HttpResponse, web};

use super::{Customer, queries};
use crate::conversations::acknowledge::acknowledge;
use crate::db::Db;
use crate::error::Result;
use crate::ids::MessageId;
use crate::web::Posted;

/// Maximum messages per request.
const RECEIPT_LIMIT: usize = 200;

/// Records which messages the page received (`delivered`) and showed (`read`).
pub async fn create(customer: Customer, form: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let ids = |name: &str| -> Vec<MessageId> {
        form.all(name).filter_map(|id| id.parse().ok()).take(RECEIPT_LIMIT).collect()
    };
    let (contact, access, delivered, read) = (customer.id, customer.access, ids("delivered"), ids("read"));
    db.transaction_on(contact, move |conn| {
        queries::lock_contact(conn, contact, access)?;
        acknowledge(conn, contact, &delivered, &read)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

//! The customer leaves the chat in this browser.

use actix_web::{HttpResponse, web};

use super::{Customer, end_access};
use crate::db::Db;
use crate::error::Result;
use crate::web::{Posted, redirect};

/// Ends the access of this browser. It needs the link again.
pub async fn create(customer: Customer, _: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let path = customer.path.clone();
    db.transaction(move |conn| end_access::leave(conn, customer.id, customer.access)).await?;
    Ok(redirect(&path))
}

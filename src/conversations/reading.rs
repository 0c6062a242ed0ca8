//! Up to which message the team has seen a ticket.

use actix_web::{HttpResponse, web};

use crate::auth::Attendant;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::TicketId;
use crate::tickets;
use crate::web::Posted;

/// Records up to which message the page showed the thread.
pub async fn create(
    attendant: Attendant,
    form: Posted,
    ticket: web::Path<TicketId>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (viewer, ticket) = ((*attendant).clone(), *ticket);
    let message = form.get("message_id").parse().map_err(|_| Error::BadRequest)?;
    db.transaction_on(ticket, move |conn| tickets::read(conn, &viewer, ticket, message)).await?;
    Ok(HttpResponse::NoContent().finish())
}

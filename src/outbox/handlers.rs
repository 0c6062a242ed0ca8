//! The buttons below a message that was not delivered.

use actix_web::{HttpResponse, web};

use super::retry;
use crate::auth::Attendant;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{MessageId, TicketId};
use crate::web::{Posted, Shell, redirect};

/// "Tentar de novo".
pub async fn attempts(
    attendant: Attendant,
    _: Posted,
    shell: Shell,
    db: web::Data<Db>,
    message: web::Path<MessageId>,
) -> Result<HttpResponse> {
    let (by, message) = ((*attendant).clone(), *message);
    let ticket = db.transaction(move |conn| retry::retry(conn, &by, message)).await?;
    Ok(done(&shell, ticket))
}

/// "Descartar".
pub async fn discard(
    attendant: Attendant,
    _: Posted,
    shell: Shell,
    db: web::Data<Db>,
    message: web::Path<MessageId>,
) -> Result<HttpResponse> {
    let (by, message) = ((*attendant).clone(), *message);
    let ticket = db.transaction(move |conn| retry::discard(conn, &by, message)).await?;
    Ok(done(&shell, ticket))
}

/// A page that updates itself shows the new state by its live events.
fn done(shell: &Shell, ticket: TicketId) -> HttpResponse {
    match shell.is_htmx {
        true => HttpResponse::NoContent().finish(),
        false => redirect(&format!("/tickets/{ticket}")),
    }
}

//! Marks the connections of signed-in users, which keep their place when connections are scarce.

use std::sync::Arc;

use actix_session::SessionExt;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web;

use crate::connections::{Connection, Connections, Owner};
use crate::error::Error;
use crate::ids::UserId;
use crate::web::USER_KEY;

/// Middleware inside the session middleware: tells the register of connections which user this connection
/// belongs to.
pub async fn mark_connection(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let connections = request.app_data::<web::Data<Connections>>();
    if let Some((connections, connection)) = connections.zip(request.conn_data::<Arc<Connection>>())
        && let Some(user) = request.get_session().get::<i64>(USER_KEY).map_err(Error::unexpected)?
    {
        connections.recognise(connection, Owner::User(UserId(user)));
    }
    next.call(request).await
}

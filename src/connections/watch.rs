//! The outermost middleware: links each request to its connection until the last byte of the response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use pin_project_lite::pin_project;

use super::body::SharedBody;
use super::register::ForwardedRequest;
use super::{Connection, Connections};
use crate::error::Error;
use crate::web::visitor_of;

/// Middleware: counts requests in progress, enforces the pace of the body, and closes the connection after a
/// response if the body was not read.
///
/// # Errors
/// `TooMany` if a trusted proxy's visitor has the maximum of requests in progress.
pub async fn watch(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let forwarded = match &connection {
        Some(connection) if connection.is_exempt() => place_of(&request)?,
        _ => None,
    };
    let mut under_way = UnderWay { connection, _forwarded: forwarded, body: None };
    under_way.begin();
    let payload = request.take_payload();
    if !matches!(payload, Payload::None) {
        let held = SharedBody::new(payload);
        request.set_payload(held.paced());
        under_way.body = Some(held);
    }
    match next.call(request).await {
        Ok(response) => {
            under_way.has_answer();
            Ok(response.map_body(|_, body| Watched { body, _under_way: under_way }))
        }
        Err(error) => {
            under_way.has_answer();
            let response = error.error_response();
            let response = response.map_body(|_, body| Watched { body, _under_way: under_way });
            Err(InternalError::from_response(error, response.map_into_boxed_body()).into())
        }
    }
}

fn place_of(request: &ServiceRequest) -> Result<Option<ForwardedRequest>, Error> {
    let connections = request.app_data::<Data<Connections>>();
    let Some((connections, visitor)) = connections.zip(visitor_of(request.request())) else {
        return Ok(None);
    };
    connections.admit_forwarded(visitor).map_err(|()| Error::TooMany { seconds: 2 })
}

/// A request, from its head to the end of its response.
struct UnderWay {
    connection: Option<Arc<Connection>>,
    _forwarded: Option<ForwardedRequest>,
    /// The body, if it was not read to the end.
    body: Option<SharedBody>,
}

impl UnderWay {
    fn begin(&self) {
        if let Some(connection) = &self.connection {
            connection.begins_request();
        }
    }

    fn has_answer(&mut self) {
        self.body.take_if(|body| body.is_over());
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.ends_request();
        }
    }
}

pin_project! {
    /// The body of a response.
    struct Watched<B> {
        #[pin]
        body: B,
        _under_way: UnderWay,
    }
}

impl<B: MessageBody> MessageBody for Watched<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(context)
    }
}

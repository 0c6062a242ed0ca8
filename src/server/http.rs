//! Accepts connections and serves HTTP on them. actix-web's own server gives no access to a connection. This
//! one uses the same parts, with a socket that we can watch and close.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive};
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt;
use actix_web::rt::net::TcpStream;

use crate::app::{self, Shared};
use crate::connections::{Connection, Connections, TIDY_INTERVAL, WatchedSocket};

/// A connection is closed if its client does not read any sent data for this time.
const READ_TIME_OUT: Duration = Duration::from_secs(30);

/// Maximum time until the first request's head has arrived, and maximum idle time before the next request.
const HEAD_TIME_OUT: Duration = Duration::from_secs(5);

/// If a request is answered before its body was read, the rest of the body is discarded for this time, so
/// that the client gets to read the response.
const DISCARD_BODY_TIME: Duration = Duration::from_secs(5);

/// The HTTP server of `shared` on `socket`, with the workers of `builder`.
pub fn server(builder: ServerBuilder, socket: TcpListener, shared: Shared) -> io::Result<Server> {
    let ending = builder.graceful_shutdown_signal();
    let connections = shared.connections.clone();
    rt::spawn(tidy_connections(connections.clone()));
    let builder = builder.listen("http", socket, move || {
        let (ending, connections) = (ending.clone(), connections.clone());
        // Keep one thread per worker free of transactions: they may wait for locks, and pages must still be
        // served.
        let db = shared.db.for_worker(super::blocking_threads() - 1);
        let app = app::build(Shared { db, ..shared.clone() })
            .into_factory()
            .map_err(|error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .keep_alive(KeepAlive::Timeout(HEAD_TIME_OUT))
            .client_request_timeout(HEAD_TIME_OUT)
            .client_disconnect_timeout(DISCARD_BODY_TIME)
            .on_connect_ext(|io: &WatchedSocket, data| {
                data.insert::<Arc<Connection>>(io.connection().clone());
            })
            .h1(map_config(app, |_| AppConfig::default()));
        fn_service(move |io: TcpStream| {
            let admitted = admit(io, &connections).map_err(DispatchError::Io);
            async move { admitted }
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

fn admit(io: TcpStream, connections: &Connections) -> io::Result<(WatchedSocket, Option<SocketAddr>)> {
    // Otherwise the second chunk of a compressed page waits until the browser acknowledges the first.
    io.set_nodelay(true)?;
    set_send_time_out(&io);
    let peer = io.peer_addr().ok();
    let address = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
    Ok((WatchedSocket::admit(io, address, connections)?, peer))
}

async fn tidy_connections(connections: Connections) {
    let mut beat = rt::time::interval(TIDY_INTERVAL);
    loop {
        beat.tick().await;
        connections.tidy();
    }
}

/// Makes the kernel close a connection whose client has stopped reading. Otherwise its event stream would
/// hold the socket for ever.
fn set_send_time_out(socket: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(socket).set_tcp_user_timeout(Some(READ_TIME_OUT)) {
        tracing::debug!(%error, "a connection has no time-out for silence");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, READ_TIME_OUT);
}

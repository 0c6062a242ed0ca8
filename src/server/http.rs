//! What accepts connections and answers on them. actix-web's own server gives no hand on a connection; this
//! is put together from the same parts, with a socket that we can watch and close.

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
use crate::connections::{Connection, Connections, EVERY, Guarded};

/// A client that takes none of what it is sent within this time is gone, even if its network still answers.
const SILENCE: Duration = Duration::from_secs(30);

/// The first request's head must be there within this time, and the next request must begin within it.
const HEAD: Duration = Duration::from_secs(5);

/// After an answer to a request whose body was not read, the rest is passed over for this time, so that the
/// client comes to read the answer.
const LINGER: Duration = Duration::from_secs(5);

/// The HTTP server of `shared` on `socket`, on the workers of `builder`.
///
/// # Errors
/// The socket cannot be listened to.
pub fn server(builder: ServerBuilder, socket: TcpListener, shared: Shared) -> io::Result<Server> {
    let ending = builder.graceful_shutdown_signal();
    let connections = shared.connections.clone();
    rt::spawn(keep_tidy(connections.clone()));
    let builder = builder.listen("http", socket, move || {
        let (ending, connections) = (ending.clone(), connections.clone());
        // One thread of each worker stays free of transactions, which may wait for locks, so that pages go on.
        let db = shared.db.of_worker(super::blocking_threads() - 1);
        let app = app::build(Shared { db, ..shared.clone() })
            .into_factory()
            .map_err(|error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .keep_alive(KeepAlive::Timeout(HEAD))
            .client_request_timeout(HEAD)
            .client_disconnect_timeout(LINGER)
            .on_connect_ext(|io: &Guarded, data| {
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

fn admit(io: TcpStream, connections: &Connections) -> io::Result<(Guarded, Option<SocketAddr>)> {
    // Else the second piece of a compressed page waits until the browser has confirmed the first.
    io.set_nodelay(true)?;
    give_up_on_silence(&io);
    let peer = io.peer_addr().ok();
    let address = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
    Ok((Guarded::admit(io, address, connections)?, peer))
}

async fn keep_tidy(connections: Connections) {
    let mut beat = rt::time::interval(EVERY);
    loop {
        beat.tick().await;
        connections.tidy();
    }
}

/// Lets the kernel end a connection whose client has stopped reading; its stream would otherwise hold
/// a socket for ever.
fn give_up_on_silence(socket: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(socket).set_tcp_user_timeout(Some(SILENCE)) {
        tracing::debug!(%error, "a connection has no time-out for silence");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, SILENCE);
}

//! The process that serves: database, dispatcher, HTTP, and an orderly end.

use std::any::Any;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use actix_web::{HttpServer, rt};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{self, Shared};
use crate::cli::{Database, Trouble, refuse_foreign_demo};
use crate::config::Config;
use crate::db::Db;
use crate::demo;
use crate::keys::Keys;
use crate::live::{self, Hub};

/// A client that takes none of what it is sent for so long is gone, even if its network still answers.
const SILENCE: Duration = Duration::from_secs(30);

/// Requests under way at SIGTERM have so long to finish.
const DRAIN_SECONDS: u64 = 20;

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// Something that must be there at the start is not.
pub fn run(config: Config, wants_demo: bool) -> Result<ExitCode, Trouble> {
    let started = Instant::now();
    if wants_demo {
        refuse_foreign_demo(&config)?;
    }
    let database = Database::open(&config)?;
    let mut conn = database.migrated()?;
    if wants_demo {
        demo::fill(&mut conn)?;
    }
    let is_demo = database.private.is_some() && demo::is_in(&mut conn)?;
    drop(conn);
    if is_demo && !config.listen.ip().is_loopback() {
        return Err(Trouble::Refused(
            "the demonstration company has known passwords and is served on loopback only: unset HOST, or use another PONTUAL_DATA_DIR".into(),
        ));
    }
    let keys = match &config.secret_key {
        Some(secret) => Keys::new(secret.as_bytes()),
        None => Keys::kept_in(&config.data_dir).map_err(Trouble::Secret)?,
    };
    let db = Db::new(&database.url, pool_size());
    let shared = Shared::new(config.clone(), keys, db);
    let served = rt::System::new().block_on(async {
        go_live(&shared.hub, &database.url);
        serve(shared, &config, started, is_demo).await
    });
    drop(database);
    served
}

async fn serve(
    shared: Shared,
    config: &Config,
    started: Instant,
    is_demo: bool,
) -> Result<ExitCode, Trouble> {
    let address = config.listen;
    let server = HttpServer::new(move || app::build(shared.clone()))
        .workers(cores())
        .worker_max_blocking_threads(pool_size() as usize)
        .client_request_timeout(Duration::from_secs(5))
        .on_connect(|connection, _| give_up_on_silence(connection))
        .shutdown_timeout(DRAIN_SECONDS)
        .bind(address)
        .map_err(|cause| Trouble::Listen { address, cause })?
        .run();
    print_address(config, started, is_demo);
    server.await.map_err(|cause| Trouble::Listen { address, cause })?;
    Ok(ExitCode::SUCCESS)
}

/// Starts what passes live events on. Streams have no end of their own, so they end when the process
/// is told to, and do not hold it up.
fn go_live(hub: &Hub, url: &str) {
    rt::spawn(hub.clone().run(Db::new(url, 1)));
    let listening = hub.clone();
    rt::spawn(live::listen(url.to_owned(), move |incoming| listening.take(incoming)));
    let ending = hub.clone();
    rt::spawn(async move {
        if let Ok(mut told) = signal(SignalKind::terminate()) {
            told.recv().await;
            ending.close();
        }
    });
}

/// Lets the kernel end a connection whose client has stopped reading; its stream would otherwise hold
/// a socket for ever.
fn give_up_on_silence(connection: &dyn Any) {
    #[cfg(target_os = "linux")]
    if let Some(socket) = connection.downcast_ref::<rt::net::TcpStream>()
        && let Err(error) = socket2::SockRef::from(socket).set_tcp_user_timeout(Some(SILENCE))
    {
        tracing::debug!(%error, "a connection has no time-out for silence");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (connection, SILENCE);
}

fn print_address(config: &Config, started: Instant, is_demo: bool) {
    println!("Pontual is ready at {} ({} ms)", config.link("/"), started.elapsed().as_millis());
    if is_demo {
        println!("{}", demo::SIGN_INS);
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Statements take about a millisecond, so a few connections for each core keep it busy.
fn pool_size() -> u32 {
    (cores() as u32 * 4).clamp(8, 32)
}

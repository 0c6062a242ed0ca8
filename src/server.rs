//! The server process: starts database, dispatcher and HTTP server, and shuts them down in order.

pub mod http;
pub mod open_files;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use actix_rt::Arbiter;
use actix_web::dev::{Server, ServerHandle};
use actix_web::rt;
use actix_web::rt::time;
use diesel::pg::PgConnection;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::app::Shared;
use crate::channels::email;
use crate::cli::{CommandError, Database, refuse_foreign_demo};
use crate::config::Config;
use crate::contacts::import;
use crate::db::private::{Keeper, KeeperFailure, STOP_TIME_LIMIT, Stop};
use crate::db::{Changes, Db};
use crate::dispatcher::{self, Control, Ending, Waker};
use crate::files::{self, Files, Scanner};
use crate::inbox;
use crate::keys::Keys;
use crate::live::{self, Event, Hub, Incoming};
use crate::log::say;
use crate::outbox::worker::{self, WorkerContext};
use crate::settings::retention;
use crate::web::prepare_assets;
use crate::{demo, setup};

/// Maximum connections waiting to be accepted. After a restart, all browsers reconnect at once.
const BACKLOG: i32 = 2048;

/// How long requests in progress at SIGTERM may take to finish.
const REQUESTS_TIME_LIMIT: Duration = Duration::from_secs(12);

/// How long it may take to let other processes take over the mailboxes.
const END_WATCH_TIME_LIMIT: Duration = Duration::from_secs(1);

/// How long the dispatcher's last batch, begun before SIGTERM, may take after the requests have finished.
const LAST_BATCH_TIME_LIMIT: Duration = Duration::from_secs(6);

/// Maximum duration of a shutdown, as README.md promises. Supervisors rely on it before they send SIGKILL.
const SHUTDOWN_TIME_LIMIT: Duration = Duration::from_secs(30);

const _: () = assert!(
    REQUESTS_TIME_LIMIT.as_secs()
        + LAST_BATCH_TIME_LIMIT.as_secs()
        + END_WATCH_TIME_LIMIT.as_secs()
        + STOP_TIME_LIMIT.as_secs()
        < SHUTDOWN_TIME_LIMIT.as_secs(),
    "requests, dispatcher and private database end one after the other"
);

/// Serves until SIGINT or SIGTERM.
pub fn run(mut config: Config, wants_demo: bool) -> Result<ExitCode, CommandError> {
    let started = Instant::now();
    if wants_demo {
        refuse_foreign_demo(&config)?;
    }
    let database = Database::open(&config)?;
    let mut conn = database.migrated()?;
    if wants_demo {
        demo::fill(&mut conn)?;
    }
    let is_demo = database.private.is_some() && demo::is_loaded(&mut conn)?;
    if is_demo && !config.listen.ip().is_loopback() {
        return Err(CommandError::Refused(
            "the demonstration company has known passwords and is served on loopback only: unset HOST, or use another PONTUAL_DATA_DIR".into(),
        ));
    }
    let keys = match &config.secret_key {
        Some(secret) => Keys::new(secret.as_bytes()),
        None => Keys::in_directory(&config.data_dir).map_err(CommandError::Secret)?,
    };
    let socket =
        bind(config.listen).map_err(|cause| CommandError::Listen { address: config.listen, cause })?;
    if let Ok(address) = socket.local_addr() {
        config.set_bound_address(address);
    }
    if config.needs_public_url() {
        tracing::warn!(
            "links lead to {}, which others cannot follow: set PONTUAL_PUBLIC_URL",
            config.link("/")
        );
    }
    let how_to_sign_in = how_to_sign_in(&mut conn, &config, is_demo)?;
    drop(conn);
    let Database { url, private } = database;
    let db = Db::new(&url, pool_size());
    let files = Files::open(&config.files, &config.data_dir).map_err(CommandError::Files)?;
    let files = files.scanned_by(config.clamd.clone().map(Scanner::new));
    let shared = Shared::new(config, keys, db, files);
    let (lost, is_lost) = oneshot::channel();
    let give_up = |error| drop(lost.send(error));
    let keeper =
        private.map(|server| Keeper::of(server, give_up)).transpose().map_err(CommandError::Thread)?;
    let private_server = PrivateServerHandle { is_lost, stop: keeper.as_ref().map(Keeper::handle) };
    let served =
        rt::System::new().block_on(serve(shared, socket, &url, private_server, started, &how_to_sign_in));
    // Stops the private server.
    drop(keeper);
    served
}

/// The serving process's handle on the private server, if there is one.
struct PrivateServerHandle {
    /// Receives a value when the keeper gives up restarting the server.
    is_lost: oneshot::Receiver<KeeperFailure>,
    stop: Option<Stop>,
}

/// The text printed below the address. A new set-up link invalidates the previous one, so create it only
/// after this process has bound its address.
fn how_to_sign_in(conn: &mut PgConnection, config: &Config, is_demo: bool) -> Result<String, CommandError> {
    if is_demo {
        return Ok(demo::SIGN_INS.into());
    }
    let link = setup::open(conn)?.map(|path| config.link(&path));
    Ok(link.map_or_else(String::new, |link| format!("Nobody can sign in yet: set up at {link}")))
}

async fn serve(
    shared: Shared,
    socket: TcpListener,
    database_url: &str,
    private_server: PrivateServerHandle,
    started: Instant,
    how_to_sign_in: &str,
) -> Result<ExitCode, CommandError> {
    // Listen for signals before the process reports that it is ready.
    let signals = Signals::listen();
    shared.files.probe().await.map_err(CommandError::Files)?;
    let (address, link) = (shared.config.listen, shared.config.link("/"));
    let shared_files = shared.files.clone();
    let (control, hub) = (Control::new(shared.health.clone()), shared.hub.clone());
    let (imports, old_rows, changes) = (shared.db.clone(), shared.db.clone(), shared.db.changes().clone());
    let (refusals, audited) = (shared.refusals.clone(), shared.db.clone());
    // Start the dispatcher first: schedules may have become due before this process started.
    let dispatcher = dispatcher::start(database_url.to_owned(), control.clone());
    let browsers = open_files::raise_limit();
    let outbox = worker::Control::default();
    let context = WorkerContext {
        files: shared.files.clone(),
        cipher: shared.channel_secrets.clone(),
        options: shared.transports.clone(),
    };
    let inbox = worker::Control::default();
    let taking = inbox::worker::start(database_url, context.clone(), inbox.clone());
    let sending = worker::start(database_url, context, outbox.clone());
    let fetching =
        email::fetch::start(database_url, shared.channel_secrets.clone(), shared.transports.clone());
    shared.connections.limit(browsers);
    shared.hub.limit(shared.connections.most_streams());
    let builder = Server::build()
        .workers(cores())
        .max_concurrent_connections(browsers / cores())
        .worker_max_blocking_threads(blocking_threads())
        .shutdown_timeout(REQUESTS_TIME_LIMIT.as_secs())
        .disable_signals();
    let server = http::server(builder, socket, shared)
        .inspect_err(|_| {
            control.stop();
            outbox.stop();
        })
        .map_err(|cause| CommandError::Listen { address, cause })?;
    let lost = rt::spawn(end_with_database(private_server.is_lost, server.handle(), hub.clone()));
    let watch = rt::spawn(end_with_dispatcher(dispatcher, server.handle(), hub.clone()));
    let wakers = Wakers { dispatcher: control.waker.clone(), outbox: outbox.clone(), inbox: inbox.clone() };
    let events = start_live_events(hub.clone(), wakers, changes, database_url);
    prepare_assets();
    let sweeper = files::sweep::start(database_url, shared_files);
    let stopping = Stopping {
        dispatcher: control.clone(),
        outbox: outbox.clone(),
        inbox: inbox.clone(),
        hub,
        keeper: private_server.stop,
    };
    rt::spawn(shut_down_on_signal(signals, server.handle(), stopping));
    rt::spawn(import_contacts(imports));
    rt::spawn(retention::worker::run_hourly(old_rows));
    rt::spawn(refusals.clone().keep_writing(audited.clone()));
    say(format_args!("Pontual is ready at {link} ({} ms)", started.elapsed().as_millis()));
    if !how_to_sign_in.is_empty() {
        say(how_to_sign_in);
    }
    let served = server.await;
    control.stop();
    outbox.stop();
    inbox.stop();
    let (ending, last_attempts, _, last_sums) = tokio::join!(
        time::timeout(LAST_BATCH_TIME_LIMIT, watch),
        time::timeout(LAST_BATCH_TIME_LIMIT, sending),
        // A row that is being read is read again after the next start.
        time::timeout(LAST_BATCH_TIME_LIMIT, taking),
        time::timeout(LAST_BATCH_TIME_LIMIT, refusals.write(&audited))
    );
    if last_attempts.is_err() {
        tracing::info!("messages were being sent: their attempts count as unknown");
    }
    if !matches!(last_sums, Ok(Ok(()))) {
        tracing::warn!("the last sums of refusals could not be written to the audit");
    }
    fetching.stop();
    if !matches!(time::timeout(END_WATCH_TIME_LIMIT, fetching.end_watch()).await, Ok(Ok(()))) {
        tracing::info!("other processes take over the mailboxes a little later");
    }
    events.stop();
    sweeper.stop();
    served.map_err(|cause| CommandError::Listen { address, cause })?;
    if lost.is_finished()
        && let Ok(Some(error)) = lost.await
    {
        return Err(CommandError::Lost(error));
    }
    match ending {
        Ok(Ok(Ending::Stopped)) => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}

/// Binds before anything else is built: with port 0, links are known only then.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Ends the process if the dispatcher gives up, so that a supervisor restarts it.
async fn end_with_dispatcher(
    dispatcher: oneshot::Receiver<Ending>,
    server: ServerHandle,
    hub: Hub,
) -> Ending {
    let ending = dispatcher.await.unwrap_or(Ending::GaveUp);
    if ending == Ending::GaveUp {
        let ended = end(&server, &hub);
        tracing::error!("the dispatcher cannot go on, and so the process ends");
        ended.await;
    }
    ending
}

/// Ends the process if the keeper gives up on the private server. Returns the reason.
async fn end_with_database(
    lost: oneshot::Receiver<KeeperFailure>,
    server: ServerHandle,
    hub: Hub,
) -> Option<KeeperFailure> {
    let error = lost.await.ok()?;
    // This asks the server to stop; `serve` waits for its end.
    drop(end(&server, &hub));
    Some(error)
}

/// Starts an orderly shutdown, with a time limit in case something hangs.
fn end(server: &ServerHandle, hub: &Hub) -> impl Future<Output = ()> + use<> {
    kill_after_time_limit();
    hub.close();
    server.stop(true)
}

/// Kills the process just before [`SHUTDOWN_TIME_LIMIT`] has passed. What still hangs then, such as a thread waiting
/// for a silent database, is abandoned.
fn kill_after_time_limit() {
    let end = || {
        thread::sleep(SHUTDOWN_TIME_LIMIT - Duration::from_secs(1));
        tracing::error!("something does not end, and is left behind");
        thread::sleep(Duration::from_millis(200));
        // SAFETY: ends the process at once, without exit handlers, which might block.
        unsafe { libc::_exit(1) }
    };
    thread::Builder::new().name("end".into()).spawn(end).ok();
}

/// The signals that end the process. Once it listens for them, none kills it directly.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    fn listen() -> Option<Self> {
        let listen = || {
            let terminate = signal(SignalKind::terminate())?;
            io::Result::Ok(Self {
                terminate,
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
            })
        };
        let signals = listen();
        if let Err(error) = &signals {
            tracing::warn!(%error, "signals cannot be heard, and end the process at once");
        }
        signals.ok()
    }

    /// Waits for a signal. Returns whether requests may finish.
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
            _ = self.quit.recv() => false,
        }
    }
}

/// What a signal stops at once, besides the server.
struct Stopping {
    dispatcher: Control,
    outbox: worker::Control,
    inbox: worker::Control,
    hub: Hub,
    keeper: Option<Stop>,
}

/// Tells the server, the dispatcher and the outbox about a signal at once. Event streams never end by themselves, so
/// they are closed now and do not delay the shutdown.
async fn shut_down_on_signal(signals: Option<Signals>, server: ServerHandle, stopping: Stopping) {
    let Some(mut signals) = signals else { return };
    let mut is_graceful = signals.next().await;
    kill_after_time_limit();
    stopping.dispatcher.stop();
    stopping.outbox.stop();
    stopping.inbox.stop();
    stopping.hub.close();
    if let Some(keeper) = stopping.keeper {
        keeper.stop();
    }
    loop {
        // This asks the server to stop; `serve` waits for its end.
        drop(server.stop(is_graceful));
        is_graceful = signals.next().await && is_graceful;
    }
}

/// What notices wake.
#[derive(Clone)]
struct Wakers {
    dispatcher: Waker,
    outbox: worker::Control,
    inbox: worker::Control,
}

/// Wakes the dispatcher, the outbox and the inbox, and forwards live events, on a separate thread, because the
/// dispatcher blocks its own.
fn start_live_events(hub: Hub, wakers: Wakers, changes: Changes, database_url: &str) -> Arbiter {
    let (events, url) = (Arbiter::new(), database_url.to_owned());
    events.spawn(hub.clone().run(Db::with_generic_plans(database_url, 1)));
    events.spawn(async move {
        loop {
            let (hub, wakers, changes) = (hub.clone(), wakers.clone(), changes.clone());
            let on_notice = move |incoming: Incoming| {
                if matches!(incoming, Incoming::Wake | Incoming::Reconnected) {
                    wakers.dispatcher.wake();
                }
                if matches!(incoming, Incoming::Live(Event::MessagesQueued) | Incoming::Reconnected) {
                    wakers.outbox.wake();
                }
                if matches!(incoming, Incoming::Live(Event::MessagesArrived) | Incoming::Reconnected) {
                    wakers.inbox.wake();
                }
                update_cache_state(&changes, &incoming);
                hub.receive(incoming);
            };
            let ended = rt::spawn(live::listen(url.clone(), on_notice)).await;
            tracing::error!(?ended, "the listener panicked, and begins again");
            time::sleep(Duration::from_secs(1)).await;
        }
    });
    events
}

/// Invalidates cached values, or turns the cache off and on with the listening connection.
fn update_cache_state(changes: &Changes, incoming: &Incoming) {
    match incoming {
        Incoming::Reconnected => changes.start_listening(),
        Incoming::Lost => changes.stop_listening(),
        Incoming::Live(Event::SchedulesChanged(_) | Event::ChoicesChanged) => changes.add(),
        Incoming::Live(_) | Incoming::Wake => {}
    }
}

/// Imports the rows of confirmed contact imports, for as long as the process runs.
async fn import_contacts(db: Db) {
    loop {
        let ended = rt::spawn(import::run_worker(db.clone())).await;
        tracing::error!(?ended, "the import of contacts panicked, and begins again");
        time::sleep(Duration::from_secs(5)).await;
    }
}

/// Number of worker threads.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Maximum pool size. With eleven more connections each, two processes need 96; PostgreSQL allows 97 by
/// default, and 3 for superusers.
const MAX_CONNECTIONS: usize = 37;

/// Number of blocking threads per worker. Statements take less than a millisecond, so a few threads per core
/// keep it busy; more would only compete.
pub fn blocking_threads() -> usize {
    (MAX_CONNECTIONS / cores()).clamp(2, 4)
}

/// One connection per blocking thread, up to the maximum. A request that has a thread then need not wait for
/// a connection as well, where others could overtake it.
pub fn pool_size() -> u32 {
    (cores() * blocking_threads()).min(MAX_CONNECTIONS) as u32
}

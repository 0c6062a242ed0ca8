//! The process that serves: database, dispatcher, HTTP, and an orderly end.

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
use crate::cli::{Database, Trouble, refuse_foreign_demo};
use crate::config::Config;
use crate::contacts::import;
use crate::db::private::{Keeper, Loss, PATIENCE_AT_END, Stop};
use crate::db::{Changes, Db};
use crate::dispatcher::{self, Control, Ending, Waker};
use crate::files::{self, Files};
use crate::keys::Keys;
use crate::live::{self, Event, Hub, Incoming};
use crate::log::say;
use crate::web::prepare_assets;
use crate::{demo, retention, setup};

/// So many connections may wait to be accepted, as after a restart when all come back.
const BACKLOG: i32 = 2048;

/// Requests under way at SIGTERM have so long to finish.
const DRAIN: Duration = Duration::from_secs(12);

/// The dispatcher's last batch, which began before SIGTERM, has so long to finish after the requests.
const LAST_BATCH: Duration = Duration::from_secs(6);

/// The promise of the README, which whoever supervises the process relies on before a SIGKILL.
const END_WITHIN: Duration = Duration::from_secs(30);

const _: () = assert!(
    DRAIN.as_secs() + LAST_BATCH.as_secs() + PATIENCE_AT_END.as_secs() < END_WITHIN.as_secs(),
    "requests, dispatcher and private database end one after the other"
);

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// Something that must be there at the start is not.
pub fn run(mut config: Config, wants_demo: bool) -> Result<ExitCode, Trouble> {
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
    if is_demo && !config.listen.ip().is_loopback() {
        return Err(Trouble::Refused(
            "the demonstration company has known passwords and is served on loopback only: unset HOST, or use another PONTUAL_DATA_DIR".into(),
        ));
    }
    let keys = match &config.secret_key {
        Some(secret) => Keys::new(secret.as_bytes()),
        None => Keys::kept_in(&config.data_dir).map_err(Trouble::Secret)?,
    };
    let socket = bind(config.listen).map_err(|cause| Trouble::Listen { address: config.listen, cause })?;
    if let Ok(address) = socket.local_addr() {
        config.listens_on(address);
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
    let files = Files::open(&config.files, &config.data_dir).map_err(Trouble::Files)?;
    let shared = Shared::new(config, keys, db, files);
    let (lost, is_lost) = oneshot::channel();
    let give_up = |error| drop(lost.send(error));
    let keeper = private.map(|server| Keeper::of(server, give_up)).transpose().map_err(Trouble::Thread)?;
    let kept = Kept { is_lost, stop: keeper.as_ref().map(Keeper::handle) };
    let served = rt::System::new().block_on(serve(shared, socket, &url, kept, started, &how_to_sign_in));
    // The private server ends.
    drop(keeper);
    served
}

/// The private server, if there is one, as the serving process sees it.
struct Kept {
    /// Nobody keeps it running any more.
    is_lost: oneshot::Receiver<Loss>,
    stop: Option<Stop>,
}

/// What is printed below the address. The link of the set-up voids the one before, and so is made by a
/// process that has its address.
fn how_to_sign_in(conn: &mut PgConnection, config: &Config, is_demo: bool) -> Result<String, Trouble> {
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
    kept: Kept,
    started: Instant,
    how_to_sign_in: &str,
) -> Result<ExitCode, Trouble> {
    // Before anybody is told that this process is ready.
    let signals = Signals::listen();
    shared.files.probe().await.map_err(Trouble::Files)?;
    let (address, link) = (shared.config.listen, shared.config.link("/"));
    let shared_files = shared.files.clone();
    let (control, hub) = (Control::new(shared.health.clone()), shared.hub.clone());
    let (imports, old_rows, changes) = (shared.db.clone(), shared.db.clone(), shared.db.changes().clone());
    let (refusals, audited) = (shared.refusals.clone(), shared.db.clone());
    // First of all: schedules may be due since before this process came.
    let dispatcher = dispatcher::start(database_url.to_owned(), control.clone());
    let browsers = open_files::raise_limit();
    shared.connections.limit(browsers);
    shared.hub.limit(shared.connections.most_streams());
    let builder = Server::build()
        .workers(cores())
        .max_concurrent_connections(browsers / cores())
        .worker_max_blocking_threads(blocking_threads())
        .shutdown_timeout(DRAIN.as_secs())
        .disable_signals();
    let server = http::server(builder, socket, shared)
        .inspect_err(|_| control.stop())
        .map_err(|cause| Trouble::Listen { address, cause })?;
    let lost = rt::spawn(watch_over_database(kept.is_lost, server.handle(), hub.clone()));
    let watch = rt::spawn(watch_over(dispatcher, server.handle(), hub.clone()));
    let events = go_live(hub.clone(), control.waker.clone(), changes, database_url);
    prepare_assets();
    let sweeper = files::sweep::start(database_url, shared_files);
    rt::spawn(end_at_a_signal(signals, server.handle(), control.clone(), hub, kept.stop));
    rt::spawn(import_contacts(imports));
    rt::spawn(retention::worker::keep_tidy(old_rows));
    rt::spawn(refusals.clone().keep_writing(audited.clone()));
    say(format_args!("Pontual is ready at {link} ({} ms)", started.elapsed().as_millis()));
    if !how_to_sign_in.is_empty() {
        say(how_to_sign_in);
    }
    let served = server.await;
    control.stop();
    let (ending, last_sums) =
        tokio::join!(time::timeout(LAST_BATCH, watch), time::timeout(LAST_BATCH, refusals.write(&audited)));
    if !matches!(last_sums, Ok(Ok(()))) {
        tracing::warn!("the last sums of refusals could not be written to the audit");
    }
    events.stop();
    sweeper.stop();
    served.map_err(|cause| Trouble::Listen { address, cause })?;
    if lost.is_finished()
        && let Ok(Some(error)) = lost.await
    {
        return Err(Trouble::Lost(error));
    }
    match ending {
        Ok(Ok(Ending::Stopped)) => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}

/// Binds before anything is built, for with port 0 the links are known only then.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Ends the process if the dispatcher cannot go on: whoever supervises it starts another.
async fn watch_over(dispatcher: oneshot::Receiver<Ending>, server: ServerHandle, hub: Hub) -> Ending {
    let ending = dispatcher.await.unwrap_or(Ending::GaveUp);
    if ending == Ending::GaveUp {
        let ended = end(&server, &hub);
        tracing::error!("the dispatcher cannot go on, and so the process ends");
        ended.await;
    }
    ending
}

/// Ends the process if nobody keeps the private server running any more; with the reason.
async fn watch_over_database(lost: oneshot::Receiver<Loss>, server: ServerHandle, hub: Hub) -> Option<Loss> {
    let error = lost.await.ok()?;
    // The server has been asked to stop; whoever runs it waits for its end.
    drop(end(&server, &hub));
    Some(error)
}

/// Ends the process in order, and in time whatever hangs.
fn end(server: &ServerHandle, hub: &Hub) -> impl Future<Output = ()> + use<> {
    end_in_time();
    hub.close();
    server.stop(true)
}

/// From here the process has [`END_WITHIN`]. What hangs then, such as a thread that waits for a database without
/// a word, is left behind.
fn end_in_time() {
    let end = || {
        thread::sleep(END_WITHIN - Duration::from_secs(1));
        tracing::error!("something does not end, and is left behind");
        thread::sleep(Duration::from_millis(200));
        // SAFETY: ends the process at once, without the handlers of a regular exit, which might wait.
        unsafe { libc::_exit(1) }
    };
    thread::Builder::new().name("end".into()).spawn(end).ok();
}

/// The signals that end the process. From the moment when it listens, none of them kills it.
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

    /// Waits for one of them; whether it leaves requests the time to finish.
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
            _ = self.quit.recv() => false,
        }
    }
}

/// The server and the dispatcher hear of a signal at once. Streams have no end of their own: they end now, and do
/// not hold it up.
async fn end_at_a_signal(
    signals: Option<Signals>,
    server: ServerHandle,
    control: Control,
    hub: Hub,
    keeping: Option<Stop>,
) {
    let Some(mut signals) = signals else { return };
    let mut is_graceful = signals.next().await;
    end_in_time();
    control.stop();
    hub.close();
    if let Some(keeping) = keeping {
        keeping.stop();
    }
    loop {
        // The server has been asked to stop; whoever runs it waits for its end.
        drop(server.stop(is_graceful));
        is_graceful = signals.next().await && is_graceful;
    }
}

/// Starts what wakes the dispatcher and passes live events on, on a thread of its own: the
/// dispatcher blocks the one that it runs on.
fn go_live(hub: Hub, waker: Waker, changes: Changes, database_url: &str) -> Arbiter {
    let (events, url) = (Arbiter::new(), database_url.to_owned());
    events.spawn(hub.clone().run(Db::that_plans_once(database_url, 1)));
    events.spawn(async move {
        loop {
            let (hub, waker, changes) = (hub.clone(), waker.clone(), changes.clone());
            let on_notice = move |incoming: Incoming| {
                if matches!(incoming, Incoming::Wake | Incoming::Reconnected) {
                    waker.wake();
                }
                note_changes(&changes, &incoming);
                hub.take(incoming);
            };
            let ended = rt::spawn(live::listen(url.clone(), on_notice)).await;
            tracing::error!(?ended, "the listener panicked, and begins again");
            time::sleep(Duration::from_secs(1)).await;
        }
    });
    events
}

/// What pages remember holds until one of these.
fn note_changes(changes: &Changes, incoming: &Incoming) {
    match incoming {
        Incoming::Reconnected => changes.hear(),
        Incoming::Lost => changes.hear_nothing(),
        Incoming::Live(Event::SchedulesChanged(_) | Event::ChoicesChanged) => changes.note(),
        Incoming::Live(_) | Incoming::Wake => {}
    }
}

/// Takes the lines of confirmed imports, for as long as the process lives.
async fn import_contacts(db: Db) {
    loop {
        let ended = rt::spawn(import::keep_working(db.clone())).await;
        tracing::error!(?ended, "the import of contacts panicked, and begins again");
        time::sleep(Duration::from_secs(5)).await;
    }
}

/// How many threads answer requests.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// With the five beside them, two processes hold 96: PostgreSQL takes 97 by default, and three of its superusers.
const MOST_CONNECTIONS: usize = 43;

/// How many threads each worker has for what blocks. Statements take less than a millisecond, so a few for
/// each core keep it busy; more of them would only take turns.
pub fn blocking_threads() -> usize {
    (MOST_CONNECTIONS / cores()).clamp(2, 4)
}

/// One connection for each of those threads, as far as there are: whoever has a thread need not wait for a
/// connection too, where others could overtake.
pub fn pool_size() -> u32 {
    (cores() * blocking_threads()).min(MOST_CONNECTIONS) as u32
}

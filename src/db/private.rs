//! The private PostgreSQL server, used when `DATABASE_URL` is not set, and by the tests.
//!
//! It belongs to one Pontual process. The first start creates its cluster in the data directory. It listens
//! on a unix socket in a directory that only its account can enter. It stops when the process that started it
//! ends, for whatever reason.
//!
//! - A shell runs the postmaster and stops it when our process stops or dies (`supervisor`).
//! - If the postmaster ends first, we start it again (`keeper`).
//! - A lock beside the cluster keeps a second Pontual out. If a server still runs when we have the lock, its
//!   owner is gone and it is about to stop, so we wait for it. A `postmaster.pid` without a server is stale.
//! - PostgreSQL refuses to run as root; root starts it under another account (`location`).

mod cluster;
mod keeper;
mod location;
mod programs;
mod server_log;
mod start_error;
mod supervisor;

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::replanned;
pub use keeper::{Keeper, KeeperFailure, Stop};
use location::{ClusterLocation, SocketDir};
use programs::Programs;
use server_log::ServerLog;
pub use start_error::StartError;
pub use supervisor::STOP_TIME_LIMIT;
use supervisor::Supervisor;

/// Part of the name of the socket's file. The server listens on no TCP port.
const PORT: u16 = 5432;
const USER: &str = "pontual";
const DATABASE: &str = "pontual";

/// The application reports failed statements itself, without the data that PostgreSQL would quote. So the
/// server logs only starts, stops and failures.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "log_min_messages=log",
    "log_checkpoints=off",
    "cluster_name=pontual",
];

/// Long, because after a crash the server first replays its write-ahead log, which must not be interrupted.
const START_TIME_LIMIT: Duration = Duration::from_secs(600);

/// How well the data must be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tuning {
    /// A commit survives a power failure.
    Durable,
    /// For tests: fast, 200 connections, data does not survive a crash of the machine. If this start created
    /// the cluster, it is deleted when the server stops.
    ThrowAway,
}

impl Tuning {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Durable => &[],
            Self::ThrowAway => &[
                "max_connections=200",
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "autovacuum=off",
            ],
        }
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct PrivateServer {
    location: ClusterLocation,
    programs: Programs,
    tuning: Tuning,
    /// Whether to delete the cluster when the server stops.
    is_scratch: bool,
    socket_dir: SocketDir,
    url: String,
    supervisor: Mutex<Option<Supervisor>>,
    _lock: Option<File>,
}

/// The server did not stop in time, even after an immediate shutdown.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL is still running in {}", .0.display())]
pub struct StillRunning(PathBuf);

impl PrivateServer {
    /// Starts the server for the cluster `postgres` in `data_dir`, and waits until it accepts connections.
    /// Creates the cluster and the database `pontual` if they are missing. The first start takes about a
    /// second, later ones a tenth of that.
    ///
    /// A throw-away cluster is `data_dir` itself, so that nothing remains. If root starts it, the cluster may
    /// be elsewhere (`/var/lib/pontual`); the log then says so.
    pub fn start(data_dir: &Path, tuning: Tuning) -> Result<Self, StartError> {
        let location = ClusterLocation::choose(data_dir, tuning)?;
        let lock = (tuning == Tuning::Durable).then(|| location.lock()).transpose()?;
        cluster::wait_for_previous_server(&location.data_dir)?;
        let major = location.major()?;
        let programs = Programs::find(&location.data_dir, major)?;
        if major.is_none() {
            cluster::make(&location, &programs, tuning)?;
        }
        let is_scratch = major.is_none() && tuning == Tuning::ThrowAway;
        let socket_dir =
            location.socket_dir().map_err(|cause| StartError::directory(&std::env::temp_dir(), cause))?;
        let url = url_of(&socket_dir.path, DATABASE);
        let supervisor = Mutex::default();
        let server =
            Self { location, programs, tuning, is_scratch, socket_dir, url, supervisor, _lock: lock };
        create_database(&mut server.launch(&|| true)?)?;
        Ok(server)
    }

    /// Starts a server that has ended again, at the same address, and waits until it has replayed its log.
    /// Stops waiting when `goes_on` returns false.
    fn start_again(&self, goes_on: &dyn Fn() -> bool) -> Result<(), StartError> {
        // If only our shell was killed, its server is still stopping.
        drop(self.supervisor().take());
        cluster::wait_for_previous_server(&self.location.data_dir)?;
        if self.socket_dir.is_temporary && !self.socket_dir.path.exists() {
            let path = &self.socket_dir.path;
            self.location.make_private(path).map_err(|cause| StartError::directory(path, cause))?;
        }
        self.launch(goes_on).map(drop)
    }

    /// The libpq address of the database `pontual`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of another database of this server.
    pub fn url_of(&self, database: &str) -> String {
        url_of(&self.socket_dir.path, database)
    }

    /// Whether the server still runs. It may have been killed, or have run out of memory or disk.
    pub fn is_running(&self) -> bool {
        self.supervisor().as_ref().is_some_and(Supervisor::is_running)
    }

    fn supervisor(&self) -> MutexGuard<'_, Option<Supervisor>> {
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the server: open transactions are rolled back, connections are closed.
    pub fn stop(self) -> Result<(), StillRunning> {
        if self.end() { Ok(()) } else { Err(StillRunning(self.location.data_dir.clone())) }
    }

    fn end(&self) -> bool {
        self.supervisor().take().is_none_or(|mut supervisor| supervisor.end())
    }

    /// Starts the postmaster. Retries while processes of a killed predecessor still hold its shared memory.
    fn launch(&self, goes_on: &dyn Fn() -> bool) -> Result<PgConnection, StartError> {
        let log = ServerLog::open(&self.location)?;
        let begin = Instant::now();
        loop {
            let supervisor = self.spawn(&log)?;
            *self.supervisor() = Some(supervisor);
            match self.first_connection(&log, goes_on) {
                Err(StartError::Stopped { detail, .. })
                    if detail.contains("shared memory block") && begin.elapsed() < STOP_TIME_LIMIT =>
                {
                    sleep(Duration::from_millis(50));
                }
                other => return other,
            }
        }
    }

    fn spawn(&self, log: &ServerLog) -> Result<Supervisor, StartError> {
        let (data_dir, socket_dir) = (&self.location.data_dir, &self.socket_dir);
        let temporary =
            [self.is_scratch.then_some(&**data_dir), socket_dir.is_temporary.then_some(&*socket_dir.path)];
        let mut command = Supervisor::shell(&self.location, temporary);
        command.arg(&self.programs.postgres).arg("-D").arg(data_dir);
        command.arg("-k").arg(&socket_dir.path).args(["-p", &PORT.to_string()]);
        for setting in SETTINGS.iter().chain(self.tuning.settings()) {
            command.args(["-c", setting]);
        }
        Supervisor::start(command, log)
            .map_err(|cause| StartError::NotRunnable { program: "/bin/sh".into(), cause })
    }

    /// Connects to the database `postgres`, which every cluster has, as soon as the server accepts
    /// connections.
    fn first_connection(
        &self,
        log: &ServerLog,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<PgConnection, StartError> {
        let url = self.url_of("postgres");
        let begin = Instant::now();
        let mut next_notice = Duration::from_secs(5);
        loop {
            let refusal = match PgConnection::establish(&url) {
                Ok(connection) => return Ok(connection),
                Err(refusal) => refusal.to_string(),
            };
            if !self.is_running() || !goes_on() {
                return Err(StartError::Stopped { log: log.path.clone(), detail: log.last_lines() });
            }
            if begin.elapsed() > START_TIME_LIMIT {
                return Err(StartError::NoAnswer { log: log.path.clone(), detail: refusal });
            }
            if begin.elapsed() > next_notice {
                tracing::info!("still waiting for PostgreSQL to start: {}", refusal.trim());
                next_notice += Duration::from_secs(10);
            }
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        if !self.end() {
            tracing::warn!("{}", StillRunning(self.location.data_dir.clone()));
        }
    }
}

fn create_database(connection: &mut PgConnection) -> Result<(), StartError> {
    let (is_present, missing_extension): (bool, Option<String>) = replanned(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'pontual'),
         (SELECT min(needed) FROM unnest(ARRAY['btree_gin', 'btree_gist', 'pg_trgm']) AS needed
           WHERE NOT EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = needed))",
    )
    .get_result(connection)?;
    if let Some(extension) = missing_extension {
        return Err(StartError::NoExtension(extension));
    }
    if !is_present {
        connection.batch_execute("CREATE DATABASE pontual")?;
    }
    Ok(())
}

/// The address of the server that another Pontual runs for the cluster in `data_dir`. PostgreSQL writes its
/// socket directory to `postmaster.pid`.
pub fn url_of_running(data_dir: &Path) -> Option<String> {
    let notes = std::fs::read_to_string(data_dir.join("postmaster.pid")).ok()?;
    let socket_dir = notes.lines().nth(4).filter(|line| !line.is_empty())?;
    Some(url_of(Path::new(socket_dir), DATABASE))
}

/// Names every parameter that environment variables (`PGPORT`, `PGUSER`) could otherwise change.
fn url_of(socket_dir: &Path, database: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');
    const PATH: &AsciiSet = &PLAIN.remove(b'/');
    let host = percent_encode(socket_dir.as_os_str().as_bytes(), PATH);
    let database = percent_encode(database.as_bytes(), PLAIN);
    format!("postgresql:///{database}?host={host}&port={PORT}&user={USER}&connect_timeout=5")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_odd_names() {
        assert_eq!(
            url_of(Path::new("/srv/my data/ação&co"), "pontual"),
            "postgresql:///pontual?host=/srv/my%20data/a%C3%A7%C3%A3o%26co&port=5432&user=pontual&connect_timeout=5"
        );
        assert_eq!(
            url_of(Path::new("/s"), "a/b?c"),
            "postgresql:///a%2Fb%3Fc?host=/s&port=5432&user=pontual&connect_timeout=5"
        );
    }

    #[test]
    fn a_server_starts_serves_and_leaves_nothing_behind() {
        let parent = std::env::temp_dir().join(format!("pontual-private-{}", std::process::id()));
        let data_dir = parent.join("data");

        let server = PrivateServer::start(&data_dir, Tuning::ThrowAway).unwrap();

        assert!(server.is_running());
        PgConnection::establish(server.url()).unwrap().batch_execute("SELECT 1").unwrap();
        server.stop().unwrap();
        let is_gone = std::fs::read_dir(&data_dir).map_or(true, |mut left| left.next().is_none());
        assert!(is_gone, "a throw-away cluster is deleted with its server");
        std::fs::remove_dir_all(parent).unwrap();
    }
}

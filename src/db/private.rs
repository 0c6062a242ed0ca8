//! The private PostgreSQL server: what runs when `DATABASE_URL` is not set, and under the tests.
//!
//! It belongs to one Pontual: it is made in the data directory at the first start, is reached
//! through a unix socket in a directory that only its account can enter, and ends with the process
//! that started it, whatever ends that one.
//!
//! - A shell runs the postmaster and stops it when we stop or die (`supervisor`).
//! - Where the postmaster ends before us, we start it again (`keeper`).
//! - A lock beside the cluster keeps a second Pontual out. So a server that is found there is about
//!   to end with its owner (we wait for it), and a `postmaster.pid` without one is stale.
//! - PostgreSQL refuses to run as root; root starts it under another account (`place`).

mod cluster;
mod keeper;
mod place;
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
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

pub use keeper::{Keeper, Loss, Stop};
use place::{Place, SocketDir};
use programs::Programs;
use server_log::ServerLog;
pub use start_error::StartError;
pub use supervisor::PATIENCE_AT_END;
use supervisor::Supervisor;

/// Names the socket's file; the server listens on no port.
const PORT: u16 = 5432;
const USER: &str = "pontual";
const DATABASE: &str = "pontual";

/// What a statement does wrong is reported by the application, without the data that PostgreSQL
/// would quote: its own log keeps to starts, stops and failures.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "log_min_messages=log",
    "log_checkpoints=off",
    "cluster_name=pontual",
];

/// After a crash a server first replays its log, which must not be cut short.
const PATIENCE_AT_START: Duration = Duration::from_secs(600);

/// What the data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tuning {
    /// A commit survives a loss of power.
    Durable,
    /// For tests: fast, 200 connections, nothing survives a crash of the machine. A cluster that
    /// this start made is deleted when the server ends.
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
    place: Place,
    programs: Programs,
    tuning: Tuning,
    /// Whether the cluster is to be deleted with the server's end.
    is_scratch: bool,
    socket_dir: SocketDir,
    url: String,
    supervisor: Mutex<Option<Supervisor>>,
    _lock: Option<File>,
}

/// The server did not end in time, not even by an immediate shutdown.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL is still running in {}", .0.display())]
pub struct StillRunning(PathBuf);

impl PrivateServer {
    /// Starts the server whose cluster is `postgres` in Pontual's `data_dir`, and waits until it
    /// accepts connections and has the database `pontual`. Both are made if they are missing. Takes
    /// about a second at first, later a tenth of that.
    ///
    /// A throw-away cluster is `data_dir` itself, so that nothing remains. For root the cluster can
    /// turn out elsewhere (`/var/lib/pontual`), as the log then says.
    ///
    /// # Errors
    /// What is missing or in the way, with what to do about it.
    pub fn start(data_dir: &Path, tuning: Tuning) -> Result<Self, StartError> {
        let place = Place::choose(data_dir, tuning)?;
        let lock = (tuning == Tuning::Durable).then(|| place.lock()).transpose()?;
        cluster::await_predecessor(&place.data_dir)?;
        let major = place.major()?;
        let programs = Programs::find(&place.data_dir, major)?;
        if major.is_none() {
            cluster::make(&place, &programs, tuning)?;
        }
        let is_scratch = major.is_none() && tuning == Tuning::ThrowAway;
        let socket_dir =
            place.socket_dir().map_err(|cause| StartError::directory(&std::env::temp_dir(), cause))?;
        let url = url_of(&socket_dir.path, DATABASE);
        let supervisor = Mutex::default();
        let server = Self { place, programs, tuning, is_scratch, socket_dir, url, supervisor, _lock: lock };
        create_database(&mut server.launch(&|| true)?)?;
        Ok(server)
    }

    /// Starts the server again where it has ended, at the same address. Takes as long as the server needs to replay
    /// its log; stops waiting when `goes_on` says so.
    fn start_again(&self, goes_on: &dyn Fn() -> bool) -> Result<(), StartError> {
        // If only our shell was killed, its server ends now.
        drop(self.supervisor().take());
        cluster::await_predecessor(&self.place.data_dir)?;
        if self.socket_dir.is_temporary && !self.socket_dir.path.exists() {
            let path = &self.socket_dir.path;
            self.place.make_private(path).map_err(|cause| StartError::directory(path, cause))?;
        }
        self.launch(goes_on).map(drop)
    }

    /// The address of the database `pontual`, for libpq.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of another database of this server.
    pub fn url_of(&self, database: &str) -> String {
        url_of(&self.socket_dir.path, database)
    }

    /// Whether the server still runs. It can end before us: killed, or out of memory or disk.
    pub fn is_running(&self) -> bool {
        self.supervisor().as_ref().is_some_and(Supervisor::is_running)
    }

    fn supervisor(&self) -> MutexGuard<'_, Option<Supervisor>> {
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the server: open transactions are rolled back, connections are cut.
    ///
    /// # Errors
    /// It did not end within 20 seconds.
    pub fn stop(self) -> Result<(), StillRunning> {
        if self.end() { Ok(()) } else { Err(StillRunning(self.place.data_dir.clone())) }
    }

    fn end(&self) -> bool {
        self.supervisor().take().is_none_or(|mut supervisor| supervisor.end())
    }

    /// Starts the postmaster, anew as long as processes of a killed one are on their way out.
    fn launch(&self, goes_on: &dyn Fn() -> bool) -> Result<PgConnection, StartError> {
        let log = ServerLog::open(&self.place)?;
        let begin = Instant::now();
        loop {
            let supervisor = self.spawn(&log)?;
            *self.supervisor() = Some(supervisor);
            match self.first_connection(&log, goes_on) {
                Err(StartError::Stopped { detail, .. })
                    if detail.contains("shared memory block") && begin.elapsed() < PATIENCE_AT_END =>
                {
                    sleep(Duration::from_millis(50));
                }
                other => return other,
            }
        }
    }

    fn spawn(&self, log: &ServerLog) -> Result<Supervisor, StartError> {
        let (data_dir, socket_dir) = (&self.place.data_dir, &self.socket_dir);
        let temporary =
            [self.is_scratch.then_some(&**data_dir), socket_dir.is_temporary.then_some(&*socket_dir.path)];
        let mut command = Supervisor::shell(&self.place, temporary);
        command.arg(&self.programs.postgres).arg("-D").arg(data_dir);
        command.arg("-k").arg(&socket_dir.path).args(["-p", &PORT.to_string()]);
        for setting in SETTINGS.iter().chain(self.tuning.settings()) {
            command.args(["-c", setting]);
        }
        Supervisor::start(command, log)
            .map_err(|cause| StartError::NotRunnable { program: "/bin/sh".into(), cause })
    }

    /// Connects to the database that every cluster has, as soon as the server lets us.
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
            if begin.elapsed() > PATIENCE_AT_START {
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
            tracing::warn!("{}", StillRunning(self.place.data_dir.clone()));
        }
    }
}

#[derive(QueryableByName)]
struct Present {
    #[diesel(sql_type = sql_types::Bool)]
    database: bool,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    missing: Option<String>,
}

fn create_database(connection: &mut PgConnection) -> Result<(), StartError> {
    let present: Present = sql_query(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'pontual') AS database,
         (SELECT min(needed) FROM unnest(ARRAY['btree_gist', 'pg_trgm']) AS needed
           WHERE NOT EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = needed)) AS missing",
    )
    .get_result(connection)?;
    if let Some(extension) = present.missing {
        return Err(StartError::NoExtension(extension));
    }
    if !present.database {
        connection.batch_execute("CREATE DATABASE pontual")?;
    }
    Ok(())
}

/// The address of the server that another Pontual runs for the cluster in `data_dir`, where
/// PostgreSQL itself notes its socket.
pub fn url_of_running(data_dir: &Path) -> Option<String> {
    let notes = std::fs::read_to_string(data_dir.join("postmaster.pid")).ok()?;
    let socket_dir = notes.lines().nth(4).filter(|line| !line.is_empty())?;
    Some(url_of(Path::new(socket_dir), DATABASE))
}

/// Names everything that the environment (`PGPORT`, `PGUSER`) could otherwise change.
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

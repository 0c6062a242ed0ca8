//! The private PostgreSQL server: what runs when `DATABASE_URL` is not set, and under the tests.
//!
//! It belongs to one Pontual: it is made in the data directory at the first start, can be reached through a unix socket
//! in a directory that only its account can enter, and ends with the process that started it, whatever ends that one.
//!
//! - A shell (`supervise.sh`) in a session of its own runs the postmaster and holds one end of a pipe. Ctrl-C in the
//!   terminal does not reach it, so the application drains first; the pipe closes with our process, kill -9 included.
//! - A lock beside the data directory keeps a second Pontual out. So a `postmaster.pid` that we find is either of a server
//!   that is about to end with its owner (we wait for it), or stale (PostgreSQL, and in doubt we, drop it).
//! - PostgreSQL refuses to run as root; root starts it under another account (see `place`).

mod place;
mod programs;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use place::Place;
use programs::Programs;

/// Names the socket's file; the server listens on no port.
const PORT: u16 = 5432;
const USER: &str = "pontual";
const DATABASE: &str = "pontual";

/// What a statement does wrong is reported by the application, without the data that PostgreSQL would quote: its own log
/// keeps to starts, stops and failures.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "log_min_messages=log",
    "log_checkpoints=off",
    "cluster_name=pontual",
];

/// How long the end of a server may take: the supervisor turns to an immediate shutdown after 15 s.
const PATIENCE_AT_END: Duration = Duration::from_secs(20);
/// After a crash a server first replays its log, which must not be cut short.
const PATIENCE_AT_START: Duration = Duration::from_secs(600);

/// What the data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tuning {
    /// A commit survives a loss of power.
    Durable,
    /// For tests: fast, 200 connections, nothing survives a crash of the machine. A cluster that this start made is
    /// deleted when the server ends.
    ThrowAway,
}

impl Tuning {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Tuning::Durable => &[],
            Tuning::ThrowAway => &[
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

/// Why the server did not start, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "PostgreSQL's server programs were not found: run bin/setup, or set PGBIN (their directory) or DATABASE_URL"
    )]
    NoPrograms,
    #[error("PGBIN is {}, but initdb and postgres (14 or later) are not there", .0.display())]
    WrongPgbin(PathBuf),
    #[error(
        "the database in {} is of PostgreSQL {needed}, but found was only {found}: install PostgreSQL {needed}, set PGBIN to its programs, or upgrade the database with pg_upgrade",
        .data_dir.display()
    )]
    OtherVersion { data_dir: PathBuf, needed: u32, found: String },
    #[error(
        "the data directory {} is already in use: stop the other Pontual, or set PONTUAL_DATA_DIR to another directory",
        .0.display()
    )]
    InUse(PathBuf),
    #[error(
        "{} is neither empty nor a PostgreSQL data directory: set PONTUAL_DATA_DIR to another directory",
        .0.display()
    )]
    NotACluster(PathBuf),
    #[error(
        "{} cannot be used ({cause}): run Pontual as the account that owns it, or set PONTUAL_DATA_DIR to another directory",
        .path.display()
    )]
    Directory { path: PathBuf, cause: io::Error },
    #[error(
        "PostgreSQL does not run as root, and there is no account postgres or nobody: run Pontual as another user, or set DATABASE_URL"
    )]
    NoAccount,
    #[error(
        "{} cannot be run ({cause}): root starts PostgreSQL as the user postgres or nobody, who must be able to enter its directory",
        .program.display()
    )]
    NotRunnable { program: PathBuf, cause: io::Error },
    #[error("the database could not be created in {}: {detail}", .data_dir.display())]
    Initdb { data_dir: PathBuf, detail: String },
    #[error("PostgreSQL stopped while starting, see {}: {detail}", .log.display())]
    Stopped { log: PathBuf, detail: String },
    #[error("PostgreSQL does not answer after {} minutes, see {}: {detail}", PATIENCE_AT_START.as_secs() / 60, .log.display())]
    NoAnswer { log: PathBuf, detail: String },
    #[error("this PostgreSQL lacks the extension {0}: install the package postgresql-contrib of its version")]
    NoExtension(&'static str),
    #[error("the database could not be prepared: {0}")]
    Sql(#[from] diesel::result::Error),
}

impl StartError {
    fn directory(path: &Path, cause: io::Error) -> StartError {
        StartError::Directory { path: path.into(), cause }
    }
}

/// The server did not end in time, not even by an immediate shutdown.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL is still running in {}", .0.display())]
pub struct StillRunning(PathBuf);

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct PrivateServer {
    data_dir: PathBuf,
    socket_dir: PathBuf,
    url: String,
    supervisor: Mutex<Child>,
    _lock: Option<File>,
}

impl PrivateServer {
    /// Starts the server of the cluster in `data_dir`, which is made if it is missing, and waits until it accepts
    /// connections and has the database `pontual`. Takes about a second at first, later a fifth of that.
    ///
    /// `data_dir` is for PostgreSQL alone. For root it can turn out elsewhere (`/var/lib/pontual`), as the log then says.
    ///
    /// # Errors
    /// What is missing or in the way, with what to do about it.
    pub fn start(data_dir: &Path, tuning: Tuning) -> Result<PrivateServer, StartError> {
        let place = Place::choose(data_dir, tuning)?;
        let lock = (tuning == Tuning::Durable).then(|| place.lock()).transpose()?;
        await_predecessor(&place.data_dir)?;
        let major = place.major()?;
        let programs = Programs::find(&place.data_dir, major)?;
        if major.is_none() {
            make_cluster(&place, &programs, tuning)?;
        }
        let socket_dir =
            place.socket_dir().map_err(|cause| StartError::directory(&std::env::temp_dir(), cause))?;
        let log = ServerLog::open(&place)?;
        let leftovers = [
            (major.is_none() && tuning == Tuning::ThrowAway).then_some(&*place.data_dir),
            socket_dir.is_temporary.then_some(&*socket_dir.path),
        ];
        let command = supervised(&place, &programs, &socket_dir.path, tuning, leftovers);
        let supervisor = spawn_detached(command, &log)
            .map_err(|cause| StartError::NotRunnable { program: "/bin/sh".into(), cause })?;
        let server = PrivateServer {
            url: url_of(&socket_dir.path, DATABASE),
            data_dir: place.data_dir,
            socket_dir: socket_dir.path,
            supervisor: Mutex::new(supervisor),
            _lock: lock,
        };
        let mut connection = server.first_connection(&log)?;
        create_database(&mut connection)?;
        Ok(server)
    }

    /// The address of the database `pontual`, for libpq.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of another database of this server.
    pub fn url_of(&self, database: &str) -> String {
        url_of(&self.socket_dir, database)
    }

    /// Whether the server still runs. It can end before us: killed, or out of memory or disk.
    pub fn is_running(&self) -> bool {
        let mut supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(supervisor.try_wait(), Ok(None))
    }

    /// Ends the server: open transactions are rolled back, connections are cut.
    ///
    /// # Errors
    /// It did not end within 20 seconds.
    pub fn stop(mut self) -> Result<(), StillRunning> {
        self.end()
    }

    /// Connects to the database that every cluster has, as soon as the server lets us.
    fn first_connection(&self, log: &ServerLog) -> Result<PgConnection, StartError> {
        let url = self.url_of("postgres");
        let begin = Instant::now();
        let mut next_notice = Duration::from_secs(5);
        loop {
            let refusal = match PgConnection::establish(&url) {
                Ok(connection) => return Ok(connection),
                Err(refusal) => refusal.to_string(),
            };
            if !self.is_running() {
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

    fn end(&mut self) -> Result<(), StillRunning> {
        let supervisor = self.supervisor.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(supervisor.stdin.take());
        let begin = Instant::now();
        while let Ok(None) = supervisor.try_wait() {
            if begin.elapsed() > PATIENCE_AT_END {
                return Err(StillRunning(self.data_dir.clone()));
            }
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::warn!("{error}");
        }
    }
}

/// The server's own messages.
struct ServerLog {
    path: PathBuf,
    file: File,
    begin: u64,
}

impl ServerLog {
    fn open(place: &Place) -> Result<ServerLog, StartError> {
        let path = place.data_dir.join("server.log");
        match ServerLog::open_file(place, &path) {
            Ok((file, begin)) => Ok(ServerLog { path, file, begin }),
            Err(cause) => Err(StartError::directory(&path, cause)),
        }
    }

    fn open_file(place: &Place, path: &Path) -> io::Result<(File, u64)> {
        const LARGE: u64 = 1 << 20;
        if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGE) {
            fs::rename(path, path.with_extension("log.1"))?;
        }
        let file = File::options().create(true).append(true).open(path)?;
        place.hand_over(path)?;
        let begin = file.metadata()?.len();
        Ok((file, begin))
    }

    /// The end of what was written since this start.
    fn last_lines(&self) -> String {
        self.since_begin().map_or_else(|error| error.to_string(), |text| last_lines(&text, 5))
    }

    fn since_begin(&self) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.begin))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("; ")
}

/// Our lock is free for us, so a server that still runs here lost its owner and is about to end.
fn await_predecessor(data_dir: &Path) -> Result<(), StartError> {
    let pid_file = data_dir.join("postmaster.pid");
    let begin = Instant::now();
    loop {
        let Ok(content) = fs::read_to_string(&pid_file) else { return Ok(()) };
        let pid = content.lines().next().and_then(|line| line.trim().parse().ok());
        if !pid.is_some_and(is_postgres) {
            // PostgreSQL would drop it itself, unless its number has gone to another process of this account.
            return match fs::remove_file(&pid_file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(StartError::directory(&pid_file, error))
                }
                _ => Ok(()),
            };
        }
        if begin.elapsed() > PATIENCE_AT_END {
            return Err(StartError::InUse(data_dir.into()));
        }
        sleep(Duration::from_millis(20));
    }
}

/// Whether this process is there, no zombie, and a PostgreSQL server.
fn is_postgres(pid: u32) -> bool {
    let command_line = fs::read_to_string(format!("/proc/{pid}/cmdline")).or_else(|_| {
        let output = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output()?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    });
    let program = command_line.unwrap_or_default();
    let program = program.split('\0').next().unwrap_or_default();
    program.rsplit('/').next().is_some_and(|name| name.starts_with("postgres"))
}

/// Makes it beside its place and moves it there when it is whole: an interrupted start leaves no half cluster.
fn make_cluster(place: &Place, programs: &Programs, tuning: Tuning) -> Result<(), StartError> {
    tracing::info!("preparing a PostgreSQL {} database in {}", programs.major, place.data_dir.display());
    let draft = place.beside("new");
    let mut detail = String::new();
    // Text is compared by its bytes, but upper and lower case are those of all alphabets where the machine knows them.
    for alphabet in ["C.UTF-8", "en_US.UTF-8", "C"] {
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(|cause| StartError::directory(&draft, cause))?;
        }
        place.make_private(&draft).map_err(|cause| StartError::directory(&draft, cause))?;
        let mut initdb = place.command(&programs.initdb);
        initdb.args([
            "--username",
            USER,
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        initdb.arg(format!("--lc-ctype={alphabet}")).arg("-D").arg(&draft);
        initdb.arg(if tuning == Tuning::ThrowAway { "--no-sync" } else { "--data-checksums" });
        let output = initdb
            .stdin(Stdio::null())
            .output()
            .map_err(|cause| StartError::NotRunnable { program: programs.initdb.clone(), cause })?;
        if output.status.success() {
            return fs::rename(&draft, &place.data_dir)
                .map_err(|cause| StartError::directory(&place.data_dir, cause));
        }
        detail = last_lines(&String::from_utf8_lossy(&output.stderr), 3);
    }
    // What remains of the draft is empty: initdb clears up after itself. The next start would drop it anyway.
    drop(fs::remove_dir(&draft));
    Err(StartError::Initdb { data_dir: place.data_dir.clone(), detail })
}

/// The postmaster under its supervisor, which at the end deletes `leftovers`.
fn supervised(
    place: &Place,
    programs: &Programs,
    socket_dir: &Path,
    tuning: Tuning,
    leftovers: [Option<&Path>; 2],
) -> Command {
    let mut command = place.command("/bin/sh");
    command.args(["-c", include_str!("private/supervise.sh"), "pontual-postgres"]);
    command.args(leftovers.map(|path| path.unwrap_or(Path::new(""))));
    command.arg(&programs.postgres).arg("-D").arg(&place.data_dir);
    command.arg("-k").arg(socket_dir).args(["-p", &PORT.to_string()]);
    for setting in SETTINGS.iter().chain(tuning.settings()) {
        command.args(["-c", setting]);
    }
    command
}

/// Starts it in a session of its own, so that neither Ctrl-C nor the end of the terminal reaches the server.
fn spawn_detached(mut command: Command, log: &ServerLog) -> io::Result<Child> {
    command.stdin(Stdio::piped()).stdout(log.file.try_clone()?).stderr(log.file.try_clone()?);
    // SAFETY: between fork and exec setsid is allowed (async-signal-safe), and it touches no memory.
    unsafe {
        command.pre_exec(|| if libc::setsid() < 0 { Err(io::Error::last_os_error()) } else { Ok(()) });
    }
    command.spawn()
}

#[derive(QueryableByName)]
struct Present {
    #[diesel(sql_type = sql_types::Bool)]
    database: bool,
    #[diesel(sql_type = sql_types::Bool)]
    btree_gist: bool,
}

fn create_database(connection: &mut PgConnection) -> Result<(), StartError> {
    let present: Present = sql_query(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'pontual') AS database,
                EXISTS (SELECT FROM pg_available_extensions WHERE name = 'btree_gist') AS btree_gist",
    )
    .get_result(connection)?;
    if !present.btree_gist {
        return Err(StartError::NoExtension("btree_gist"));
    }
    if !present.database {
        connection.batch_execute("CREATE DATABASE pontual")?;
    }
    Ok(())
}

/// Names everything that the environment (`PGPORT`, `PGUSER`) could otherwise change.
fn url_of(socket_dir: &Path, database: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'_').remove(b'-');
    let host = percent_encode(socket_dir.as_os_str().as_bytes(), PLAIN);
    let database = percent_encode(database.as_bytes(), PLAIN).to_string().replace('/', "%2F");
    format!("postgresql:///{database}?host={host}&port={PORT}&user={USER}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_odd_names() {
        assert_eq!(
            url_of(Path::new("/srv/my data/ação&co"), "pontual"),
            "postgresql:///pontual?host=/srv/my%20data/a%C3%A7%C3%A3o%26co&port=5432&user=pontual"
        );
        assert_eq!(
            url_of(Path::new("/s"), "a/b?c"),
            "postgresql:///a%2Fb%3Fc?host=/s&port=5432&user=pontual"
        );
    }

    #[test]
    fn of_a_long_log_the_end_is_quoted() {
        assert_eq!(last_lines("one\n\n two \nthree\n", 2), "two; three");
        assert_eq!(last_lines("", 2), "");
    }

    #[test]
    fn a_process_of_another_kind_is_no_server() {
        assert!(!is_postgres(std::process::id()));
        assert!(!is_postgres(u32::MAX));
    }

    #[test]
    fn a_server_starts_serves_and_leaves_nothing_behind() {
        let parent = std::env::temp_dir().join(format!("pontual-private-{}", std::process::id()));
        let data_dir = parent.join("postgres");

        let server = PrivateServer::start(&data_dir, Tuning::ThrowAway).unwrap();

        assert!(server.is_running());
        PgConnection::establish(server.url()).unwrap().batch_execute("SELECT 1").unwrap();
        server.stop().unwrap();
        assert!(!data_dir.exists() || fs::read_dir(&data_dir).unwrap().next().is_none());
        fs::remove_dir_all(parent).unwrap();
    }
}

//! The serving process when its log or its private PostgreSQL fails.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use pontual::db::private::url_of_running;

use crate::harness::{Company, Database, Folder, Plan, Serving, until};

fn is_completed(database: &Database, id: i64) -> bool {
    let sql = format!("SELECT count(*) AS value FROM schedules WHERE id = {id} AND status = 'completed'");
    database.number(&sql) == 1
}

/// The process must continue without its log. The dispatcher loses its connection and requests fail, so that all of
/// them log something.
fn goes_on_without_a_log(stderr: impl Into<Stdio>, prepare: impl FnOnce(&mut Serving)) {
    let database = Database::new();
    let plan = Plan::new(&Company::found(&database), "notify");
    let variables = [("DATABASE_URL", database.url.as_str()), ("RUST_LOG", "debug")];
    let mut serving = Serving::with(&variables, stderr);
    prepare(&mut serving);
    for _ in 0..3 {
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        let id = plan.save(&database);
        until(|| is_completed(&database, id));
    }
    database.execute("ALTER TABLE sessions RENAME TO away");
    for _ in 0..200 {
        assert!(serving.status("/login").is_some(), "a request gets no answer");
    }
    database.execute("ALTER TABLE away RENAME TO sessions");
    until(|| serving.status("/readyz") == Some(200));
    serving.signal(libc::SIGTERM);
    assert!(serving.end_within(Duration::from_secs(30)).is_some_and(|status| status.success()));
}

#[test]
fn a_process_whose_log_nobody_reads_any_more_goes_on() {
    goes_on_without_a_log(Stdio::piped(), |serving| drop(serving.child().stderr.take()));
}

#[test]
fn a_process_whose_log_is_on_a_full_disk_goes_on() {
    goes_on_without_a_log(File::options().write(true).open("/dev/full").unwrap(), |_| ());
}

#[test]
fn a_process_whose_log_is_read_by_somebody_who_has_stopped_goes_on() {
    // The pipe stays open but is full.
    goes_on_without_a_log(Stdio::piped(), |_| ());
}

/// A process with a private PostgreSQL.
struct Private {
    serving: Serving,
    cluster: PathBuf,
    database: Database,
    _folder: Folder,
}

impl Private {
    fn new(stderr: impl Into<Stdio>) -> Self {
        let folder = Folder::new();
        fs::create_dir_all(folder.path()).unwrap();
        let serving = Serving::with(&[("PONTUAL_DATA_DIR", folder.path().to_str().unwrap())], stderr);
        let cluster = fs::canonicalize(folder.path().join("postgres")).unwrap();
        let database = Database { url: url_of_running(&cluster).unwrap() };
        Self { serving, cluster, database, _folder: folder }
    }

    fn kill_postgres(&self) -> i32 {
        let pid = postmaster(&self.cluster).unwrap();
        kill(pid);
        pid
    }

    fn answers(&self) -> bool {
        pontual::db::connect(&self.database.url)
            .is_ok_and(|mut conn| conn.batch_execute("SELECT FROM schedules").is_ok())
    }
}

/// Kills a server that a process of this test has started.
fn kill(postmaster: i32) {
    // SAFETY: sends a signal only. Another process is unlikely to have got the number since it was read.
    unsafe { libc::kill(postmaster, libc::SIGKILL) };
}

fn postmaster(cluster: &Path) -> Option<i32> {
    fs::read_to_string(cluster.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

#[test]
fn a_private_postgres_that_is_killed_is_started_again_and_what_fell_due_meanwhile_is_done() {
    let mut private = Private::new(Stdio::null());
    let plan = Plan { due_in: "0.5 seconds", ..Plan::new(&Company::found(&private.database), "notify") };
    for _ in 0..3 {
        let id = plan.save(&private.database);
        let killed = private.kill_postgres();
        until(|| private.answers() && postmaster(&private.cluster) != Some(killed));
        until(|| is_completed(&private.database, id));
        until(|| private.serving.status("/readyz") == Some(200));
    }
    private.serving.signal(libc::SIGTERM);
    let ended = private.serving.end_within(Duration::from_secs(30));
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
    assert!(!private.answers(), "the private server is still running");
}

#[test]
fn a_private_postgres_that_dies_at_sigterm_does_not_hold_up_the_end() {
    let mut private = Private::new(Stdio::null());
    let pid = postmaster(&private.cluster).unwrap();
    private.serving.signal(libc::SIGTERM);
    kill(pid);
    assert!(private.serving.end_within(Duration::from_secs(30)).is_some(), "the process does not end");
    until(|| !private.answers());
}

#[test]
fn a_private_postgres_that_cannot_be_started_again_ends_the_process_with_one_sentence() {
    let mut private = Private::new(Stdio::piped());
    fs::rename(private.cluster.join("global"), private.cluster.join("away")).unwrap();
    private.kill_postgres();
    let status = private.serving.end_within(Duration::from_secs(90)).expect("the process does not end");
    assert!(!status.success());
    let mut log = String::new();
    private.serving.child().stderr.take().unwrap().read_to_string(&mut log).unwrap();
    let last = log.lines().last().unwrap_or_default();
    assert!(last.starts_with("pontual: PostgreSQL has ended and cannot be started again: "), "{log}");
}

//! A PostgreSQL cluster for one benchmark: durable, with default settings, removed afterwards.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use pontual::db::private::{PrivateServer, Tuning};
use pontual::db::replanned;
use pontual::demo::large::Sizes;

use crate::{Outcome, ending, load};

pub struct Cluster {
    server: Option<PrivateServer>,
    url: String,
    /// Holds the data of the cluster and of the servers.
    pub folder: PathBuf,
}

impl Cluster {
    /// A cluster without any table.
    pub fn empty() -> Outcome<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("pontual-bench-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        ending::will_remove(&folder);
        let server = PrivateServer::start(&folder, Tuning::Durable)?;
        let url = server.url().to_owned();
        Ok(Self { server: Some(server), url, folder })
    }

    /// A cluster with the demonstration company, the spacing off, and its pending schedules due much later.
    pub fn new() -> Outcome<Self> {
        let cluster = Self::empty()?;
        let mut conn = cluster.connect()?;
        pontual::db::migrate(&mut conn)?;
        pontual::demo::fill(&mut conn)?;
        conn.batch_execute(
            "UPDATE settings SET spacing_minutes = 0;
             UPDATE schedules SET min_gap = '0', due_at = due_at + interval '1 year' WHERE status = 'scheduled'",
        )?;
        Ok(cluster)
    }

    /// A cluster with a large company. Nothing is durable while it is loaded; then PostgreSQL restarts with durability.
    pub fn of_company(sizes: Sizes) -> Outcome<Self> {
        let mut cluster = Self::new()?;
        drop(cluster.server.take());
        let careless = PrivateServer::start(&cluster.folder.join("postgres"), Tuning::ThrowAway)?;
        load::company(&mut connect(careless.url())?, sizes)?;
        careless.stop()?;
        let server = PrivateServer::start(&cluster.folder, Tuning::Durable)?;
        cluster.url = server.url().to_owned();
        cluster.server = Some(server);
        Ok(cluster)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection whose statements may take as long as they need.
    pub fn connect(&self) -> Outcome<PgConnection> {
        connect(&self.url)
    }

    /// Seconds of CPU that PostgreSQL has used so far, including processes that have ended.
    pub fn cpu(&self) -> Outcome<f64> {
        let mut conn = self.connect()?;
        let file: Vec<i64> = replanned(
            "SELECT (regexp_split_to_array(pg_read_file('postmaster.pid'), '\n'))[1]::bigint AS value",
        )
        .load(&mut conn)?;
        let postmaster = u32::try_from(*file.first().ok_or("no postmaster.pid")?)?;
        drop(conn);
        Ok(cpu_of_family(postmaster))
    }
}

fn connect(url: &str) -> Outcome<PgConnection> {
    let mut conn = pontual::db::connect(url)?;
    conn.batch_execute(
        "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0",
    )?;
    Ok(conn)
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.server.take());
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// The one number of `SELECT … AS value`.
pub fn number(conn: &mut PgConnection, sql: &str) -> Outcome<i64> {
    Ok(replanned(sql).get_result(conn)?)
}

/// The numbers of `SELECT … AS value`.
pub fn numbers(conn: &mut PgConnection, sql: &str) -> Outcome<Vec<i64>> {
    Ok(replanned(sql).load(conn)?)
}

/// The one text of `SELECT … AS value`.
pub fn text(conn: &mut PgConnection, sql: &str) -> Outcome<String> {
    Ok(replanned(sql).get_result(conn)?)
}

/// The one `float8` of `SELECT … AS value`.
pub fn real(conn: &mut PgConnection, sql: &str) -> Outcome<f64> {
    Ok(replanned(sql).get_result(conn)?)
}

/// Bytes of WAL written so far.
pub fn wal(conn: &mut PgConnection) -> Outcome<i64> {
    number(conn, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS value")
}

/// Seconds of CPU of a process and its children, running or ended.
pub fn cpu_of_family(pid: u32) -> f64 {
    let ticks: u64 = own_and_ended(pid).iter().sum::<u64>()
        + children(pid).into_iter().map(|child| own_and_ended(child).iter().sum::<u64>()).sum::<u64>();
    ticks as f64 / 100.0
}

/// utime, stime, cutime and cstime, in the kernel's ticks of 10 ms (`proc(5)`).
fn own_and_ended(pid: u32) -> [u64; 4] {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<u64> =
        after_name.split_whitespace().skip(11).take(4).filter_map(|n| n.parse().ok()).collect();
    fields.try_into().unwrap_or_default()
}

fn children(pid: u32) -> Vec<u32> {
    let found = Command::new("pgrep").args(["-P", &pid.to_string()]).output();
    let text = found.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

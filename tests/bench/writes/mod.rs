//! How fast changes by people are saved, compared with a bare INSERT. Both are one durable commit.

mod desk;
mod inserts;

use crate::clients::Done;
use crate::cluster::{Cluster, numbers};
use crate::report::Report;
use crate::server::Server;
use crate::{Outcome, load};
use desk::Desk;

const SCHEDULES: u32 = 100_000;
const CONNECTIONS: usize = 16;
const SECONDS: f64 = 6.0;

/// Number of prepared requests: more than can be sent in that time.
const ASKS: usize = 20_000;

/// Number of browsers that request the same time in `hot`.
const RIVALS: usize = CONNECTIONS;

pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::of_company(load::usual(SCHEDULES))?;
    let mut conn = cluster.connect()?;
    let bare = inserts::run(&cluster, &mut conn)?;
    let server = Server::start(&cluster)?;
    let mut desk = Desk::open(&server, &mut conn)?;

    desk.space(&mut conn, "platform")?;
    let spread = desk.created(&mut conn, (0..ASKS).collect(), &[303])?;
    report_beside(report, "create", &spread, &bare);
    let hot = desk.created(&mut conn, (ASKS..2 * ASKS).map(|n| ASKS + n / RIVALS).collect(), &[303, 422])?;
    report.add("hot.rate", hot.done.rate(), "answers/s");
    report.add("hot.accepted", hot.done.count(303) as f64, "schedules");
    report.add("hot.refused", hot.done.count(422) as f64, "answers");
    report.add("hot.p50", hot.done.time(0.5), "ms");
    report.add("hot.p99", hot.done.time(0.99), "ms");
    desk.space(&mut conn, "contact")?;
    let apart = desk.created(&mut conn, (3 * ASKS..4 * ASKS).collect(), &[303])?;
    report_beside(report, "create.by_contact", &apart, &bare);

    let pending = "FROM schedules WHERE status = 'scheduled'";
    let ids = numbers(&mut conn, &format!("SELECT id AS value {pending} ORDER BY id DESC LIMIT {ASKS}"))?;
    let asks = ids.into_iter().map(|id| desk.cancellation(id)).collect::<Outcome<_>>()?;
    let cancelled = desk.written(
        &mut conn,
        asks,
        "SELECT count(*) AS value FROM schedules WHERE status = 'cancelled'",
        &[303],
    )?;
    report_beside(report, "cancel", &cancelled, &bare);

    let open = numbers(&mut conn, "SELECT id AS value FROM tickets WHERE status = 'open' ORDER BY id")?;
    let asks = (0..ASKS).map(|n| desk.message(open[n % open.len()], n)).collect::<Outcome<_>>()?;
    let posted = desk.written(
        &mut conn,
        asks,
        "SELECT count(*) AS value FROM messages WHERE kind = 'attendant'",
        &[303],
    )?;
    report_beside(report, "message", &posted, &bare);
    load::check(&mut conn)
}

/// The answers to many writes, and the WAL bytes per successful write.
struct Written {
    done: Done,
    wal: f64,
}

fn report_beside(report: &mut Report, name: &str, written: &Written, bare: &Written) {
    report.compare(format!("{name}.rate"), written.done.rate(), "writes/s", bare.done.rate());
    report.compare(format!("{name}.p50"), written.done.time(0.5), "ms", bare.done.time(0.5));
    report.compare(format!("{name}.p99"), written.done.time(0.99), "ms", bare.done.time(0.99));
    report.compare(format!("{name}.wal"), written.wal, "bytes/write", bare.wal);
}

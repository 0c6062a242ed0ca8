//! How long a start takes, how large the product is, and what it does when there is nothing to do.

use std::time::Duration;

use crate::Outcome;
use crate::cluster::{Cluster, number};
use crate::report::{Report, median};
use crate::server::Server;

const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(60);

/// # Errors
/// The cluster or the server does not start.
pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::new()?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(Server::start(&cluster)?.ready_after.as_secs_f64() * 1000.0);
    }
    report.add("first", times[0], "ms");
    report.add("median", median(&times), "ms");
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_pontual"))?.len();
    report.add("binary", binary as f64 / 1048576.0, "MiB");

    let server = Server::start(&cluster)?;
    let mut conn = cluster.connect()?;
    // What the start itself did is over, and counted.
    std::thread::sleep(Duration::from_secs(5));
    let transactions = "SELECT pg_stat_force_next_flush(), (xact_commit + xact_rollback)::bigint AS value
                          FROM pg_stat_database WHERE datname = current_database()";
    let (before, cpu) = (number(&mut conn, transactions)?, server.cpu());
    std::thread::sleep(IDLE);
    let after = number(&mut conn, transactions)?;
    // The look before was one itself.
    report.add("idle.transactions", (after - before - 1).max(0) as f64 / IDLE.as_secs_f64(), "1/s");
    report.add("idle.cpu", (server.cpu() - cpu) / IDLE.as_secs_f64() * 100.0, "%");
    report.add("idle.memory", server.memory() as f64 / 1048576.0, "MiB");
    Ok(())
}

//! How large the product is, and what it does while idle.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use crate::cluster::{Cluster, number};
use crate::http::Client;
use crate::report::Report;
use crate::server::Server;
use crate::{Outcome, load};

/// Time after the start until measuring begins. By then the work of the start is done and in PostgreSQL's counts,
/// which include an idle connection's work after 10 s.
const SETTLED: Duration = Duration::from_secs(15);
const IDLE: Duration = Duration::from_secs(60);

pub fn run(report: &mut Report) -> Outcome {
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_pontual"))?.len();
    report.add("binary", binary as f64 / 1048576.0, "MiB");
    let cluster = Cluster::new()?;
    let mut conn = cluster.connect()?;
    // Autovacuum's transactions would be counted as the server's.
    conn.batch_execute("ALTER SYSTEM SET autovacuum = off")?;
    conn.batch_execute("SELECT pg_reload_conf()")?;
    let server = Server::start(&cluster)?;
    sleep(SETTLED);
    let transactions = "SELECT pg_stat_force_next_flush(), (xact_commit + xact_rollback)::bigint AS value
                          FROM pg_stat_database WHERE datname = current_database()";
    let (before, cpu) = (number(&mut conn, transactions)?, server.cpu());
    report.add("idle.memory", server.memory() as f64 / 1048576.0, "MiB");
    sleep(IDLE);
    let after = number(&mut conn, transactions)?;
    // The first reading of the count was one transaction itself.
    report.add("idle.transactions", (after - before - 1).max(0) as f64 / IDLE.as_secs_f64(), "1/s");
    report.add("idle.cpu", (server.cpu() - cpu) / IDLE.as_secs_f64() * 100.0, "%");

    let (plain, compressed) = assets(&server)?;
    report.add("assets", plain as f64 / 1024.0, "KiB");
    report.add("assets.sent", compressed as f64 / 1024.0, "KiB");
    load::check(&mut conn)
}

/// Bytes of all files of `static/` as the server sends them: uncompressed, and to a current browser.
fn assets(server: &Server) -> Outcome<(usize, usize)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let mut client = Client::connect(&server.address)?;
    let (mut plain, mut compressed) = (0, 0);
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // Any version in the address gives the current files.
            let address = format!("/assets/0/{}", path.strip_prefix(&root)?.display());
            let answer = client.get(&address)?;
            if answer.status == 200 {
                plain += answer.body.len();
                compressed += client.get_compressed(&address)?.body.len();
            }
        }
    }
    Ok((plain, compressed))
}

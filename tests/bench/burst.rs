//! Many schedules due at one instant: the running server, compared with the raw statement.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::Outcome;
use crate::cluster::{Cluster, number, wal};
use crate::load;
use crate::report::{Report, median};
use crate::server::Server;

/// Number of schedules, and number of rounds.
const SIZES: [(u32, usize); 2] = [(10_000, 3), (100_000, 1)];
const PATIENCE: Duration = Duration::from_secs(180);

/// Time, CPU and WAL of one burst.
#[derive(Clone, Copy)]
struct Measured {
    seconds: f64,
    server_cpu: f64,
    database_cpu: f64,
    wal: i64,
}

pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::new()?;
    let mut conn = cluster.connect()?;
    load::file(&cluster, &mut conn)?;
    for (size, rounds) in SIZES {
        let (mut one, mut two, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        // They run in turns, so that a busy machine affects all of them.
        for _ in 0..rounds {
            let began = Instant::now();
            load::burst(&mut conn, size, "now() - interval '1 second'")?;
            // Making the burst again takes about as long as now; 4 s are enough to start the servers.
            let lead = began.elapsed() * 3 / 2 + Duration::from_secs(4);
            raw.push(by_the_statement(&cluster, &mut conn)?);
            one.push(by_servers(&cluster, &mut conn, (size, lead), 1)?);
            two.push(by_servers(&cluster, &mut conn, (size, lead), 2)?);
        }
        let count = f64::from(size);
        let of = |rounds: &[Measured], figure: fn(&Measured) -> f64| {
            median(&rounds.iter().map(figure).collect::<Vec<_>>())
        };
        let rate = |rounds: &[Measured]| count / of(rounds, |round| round.seconds);
        report.compare(format!("{size}.rate"), rate(&one), "schedules/s", rate(&raw));
        report.compare(format!("{size}.rate.two_processes"), rate(&two), "schedules/s", rate(&raw));
        let cpu =
            |rounds: &[Measured]| of(rounds, |round| round.server_cpu + round.database_cpu) * 1000.0 / count;
        report.compare(format!("{size}.cpu"), cpu(&one), "ms/schedule", cpu(&raw));
        let server = of(&one, |round| round.server_cpu) * 1000.0 / count;
        report.add(format!("{size}.cpu.server"), server, "ms/schedule");
        let wal = |rounds: &[Measured]| of(rounds, |round| round.wal as f64) / count;
        report.compare(format!("{size}.wal"), wal(&one), "bytes/schedule", wal(&raw));
    }
    load::check(&mut conn)
}

fn by_the_statement(cluster: &Cluster, conn: &mut PgConnection) -> Outcome<Measured> {
    let mut worker = cluster.connect()?;
    worker.batch_execute(
        "SET jit = off; SET enable_seqscan = off; SET plan_cache_mode = 'force_generic_plan'",
    )?;
    worker.batch_execute(include_str!("sql/raw.sql"))?;
    let (cpu, wal_before, began) = (cluster.cpu()?, wal(conn)?, Instant::now());
    while number(&mut worker, "EXECUTE raw")? > 0 {}
    let seconds = began.elapsed().as_secs_f64();
    // Read this while the worker lives: an ended process counts only after its parent has noticed the end.
    let database_cpu = cluster.cpu()? - cpu;
    drop(worker);
    Ok(Measured { seconds, server_cpu: 0.0, database_cpu, wal: wal(conn)? - wal_before })
}

fn by_servers(
    cluster: &Cluster,
    conn: &mut PgConnection,
    (size, lead): (u32, Duration),
    servers: usize,
) -> Outcome<Measured> {
    let due = load::upcoming_burst(conn, size, lead)?;
    let servers = (0..servers).map(|_| Server::start(cluster)).collect::<Outcome<Vec<_>>>()?;
    let cpu_of = |servers: &[Server]| servers.iter().map(Server::cpu).sum::<f64>();
    due.wait_until(conn, Duration::from_millis(300))?;
    let (cpu, server_cpu, wal_before) = (cluster.cpu()?, cpu_of(&servers), wal(conn)?);
    due.wait_until(conn, Duration::ZERO)?;
    let seconds = due.all_done(conn, PATIENCE)?;
    Ok(Measured {
        seconds,
        server_cpu: cpu_of(&servers) - server_cpu,
        database_cpu: cluster.cpu()? - cpu,
        wal: wal(conn)? - wal_before,
    })
}

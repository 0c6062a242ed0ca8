//! What a kill -9 in the middle of a burst leaves behind, and how soon other processes continue.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::prelude::*;

use crate::Outcome;
use crate::cluster::{Cluster, number, real};
use crate::load::{self, Due};
use crate::report::Report;
use crate::server::Server;

const SIZE: u32 = 10_000;
/// Time before the due time, enough to make the schedules and to start the servers.
const LEAD: Duration = Duration::from_secs(11);
const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::new()?;
    let mut conn = cluster.connect()?;
    load::file(&cluster, &mut conn)?;

    let due = load::upcoming_burst(&mut conn, SIZE, LEAD)?;
    let mut server = Server::start(&cluster)?;
    let left = kill_in_the_middle(&mut conn, &due, &mut server)?;
    report.add("left", left as f64, "schedules");
    let began = Instant::now();
    let heir = Server::start(&cluster)?;
    report.add("restart.ready", heir.ready_after.as_secs_f64() * 1000.0, "ms");
    while due.pending(&mut conn)? >= left {
        in_time(began)?;
        // Sleep, so that this loop does not take CPU from the servers.
        sleep(Duration::from_millis(1));
    }
    report.add("restart.first_progress", began.elapsed().as_secs_f64() * 1000.0, "ms");
    due.all_done(&mut conn, PATIENCE)?;
    report.add("restart.all_done", began.elapsed().as_secs_f64() * 1000.0, "ms");
    drop(heir);

    let due = load::upcoming_burst(&mut conn, SIZE, LEAD)?;
    let (mut server, standby) = (Server::start(&cluster)?, Server::start(&cluster)?);
    kill_in_the_middle(&mut conn, &due, &mut server)?;
    let killed = real(&mut conn, "SELECT extract(epoch FROM clock_timestamp())::float8 AS value")?;
    due.all_done(&mut conn, PATIENCE)?;
    let next = format!(
        "SELECT extract(epoch FROM min(finished_at))::float8 - {killed} AS value
           FROM schedules WHERE finished_at > to_timestamp({killed})"
    );
    report.add("standby.takes_over", real(&mut conn, &next)? * 1000.0, "ms");
    drop(standby);

    report.add("stuck", due.pending(&mut conn)? as f64, "schedules");
    let twice = "SELECT count(*) AS value FROM (
        SELECT schedule_id FROM messages WHERE kind = 'attendant' AND schedule_id IS NOT NULL GROUP BY schedule_id HAVING count(*) > 1) m";
    report.add("sent_twice", number(&mut conn, twice)? as f64, "schedules");
    load::check(&mut conn)
}

/// Kills the server in the middle of the burst. Returns how many schedules were still pending.
fn kill_in_the_middle(conn: &mut PgConnection, due: &Due, server: &mut Server) -> Outcome<i64> {
    due.wait_until(conn, Duration::ZERO)?;
    let began = Instant::now();
    while due.pending(conn)? > i64::from(SIZE / 2) {
        in_time(began)?;
        sleep(Duration::from_millis(5));
    }
    server.kill()?;
    match due.pending(conn)? {
        0 => Err("the burst was over before the server was killed".into()),
        left => Ok(left),
    }
}

fn in_time(began: Instant) -> Outcome {
    match began.elapsed() > PATIENCE {
        true => Err("the burst does not go on".into()),
        false => Ok(()),
    }
}

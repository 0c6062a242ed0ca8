//! The bells of 1,000 and of 10,000 attendants, each with a browser that holds a stream. Measures the time from
//! a commit to the event in the browser, memory and CPU of streams, and their return after the server was killed.

mod crowd;
mod streams;

use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

pub use streams::hold;

use crate::cluster::{Cluster, number, numbers};
use crate::report::{Report, median};
use crate::server::Server;
use crate::{Outcome, load};
use crowd::{Crowd, Record};

const FEW: usize = 1_000;
const MANY: usize = 10_000;
/// Number of processes that hold the streams after the first `FEW`.
const CROWDS: usize = 2;

/// Number of notices, to one user each, and the time over which they are spread.
const NOTICES: usize = 300;
const OVER: Duration = Duration::from_secs(20);
/// Number of events to all streams, and the pause after each.
const EVENTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(1_500);

/// Long enough for one ping of each stream.
const IDLE: Duration = Duration::from_secs(25);
const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::new()?;
    let mut conn = cluster.connect()?;
    let users = attendants(&mut conn)?;
    let mut server = Server::start(&cluster)?;
    let before = server.memory();
    let mut crowds = vec![Crowd::start(&cluster, &server.address, &users[..FEW], true)?];
    wait_for(&mut crowds, FEW)?;
    notices(report, "notice.1000", &mut conn, &users[..FEW], &mut crowds)?;
    events(report, "all.1000", &mut conn, &mut crowds)?;

    for some in users[FEW..].chunks((MANY - FEW).div_ceil(CROWDS)) {
        crowds.push(Crowd::start(&cluster, &server.address, some, false)?);
    }
    let opened = wait_for(&mut crowds, MANY)?;
    report.add("open", (MANY - FEW) as f64 / opened.as_secs_f64(), "1/s");
    let grown = server.memory().saturating_sub(before) as f64;
    report.add("memory", grown / MANY as f64 / 1000.0, "kB/stream");
    let cpu = server.cpu();
    sleep(IDLE);
    report.add("idle.cpu", (server.cpu() - cpu) / IDLE.as_secs_f64() * 100.0, "%");
    notices(report, "notice.10000", &mut conn, &users[FEW..], &mut crowds)?;
    events(report, "all.10000", &mut conn, &mut crowds)?;
    come_back(report, &cluster, &mut server, &mut crowds)?;
    check_the_rest(&mut conn)
}

fn attendants(conn: &mut PgConnection) -> Outcome<Vec<i64>> {
    let sql = include_str!("users.sql").replace(":count", &MANY.to_string());
    conn.transaction(|conn| conn.batch_execute(&sql))?;
    conn.batch_execute("VACUUM (ANALYZE)")?;
    numbers(conn, "SELECT id AS value FROM users WHERE email LIKE 'bench-%' ORDER BY id")
}

/// The notices are made up and break invariants. After they are deleted, a broken invariant is the product's fault.
fn check_the_rest(conn: &mut PgConnection) -> Outcome {
    let made_up = "user_id IN (SELECT id FROM users WHERE email LIKE 'bench-%')";
    conn.batch_execute(&format!("DELETE FROM notifications WHERE {made_up}"))?;
    load::check(conn)
}

/// Waits until `count` streams are open, and returns how long that took.
fn wait_for(crowds: &mut [Crowd], count: usize) -> Outcome<Duration> {
    let began = Instant::now();
    loop {
        let mut open = 0;
        for crowd in crowds.iter_mut() {
            open += crowd.open()?;
        }
        match open {
            open if open == count => return Ok(began.elapsed()),
            open if began.elapsed() > PATIENCE => {
                return Err(format!("{open} of {count} streams are open").into());
            }
            _ => sleep(Duration::from_millis(50)),
        }
    }
}

/// Writes notices to one user each at random times, as a due schedule writes them.
fn notices(
    report: &mut Report,
    name: &str,
    conn: &mut PgConnection,
    users: &[i64],
    crowds: &mut [Crowd],
) -> Outcome {
    forget(crowds)?;
    let mut committed = HashMap::new();
    let mut times: Vec<f64> = (0..NOTICES).map(|_| rand::random_range(0.0..OVER.as_secs_f64())).collect();
    times.sort_by(f64::total_cmp);
    let began = Instant::now();
    // The bell has one entry per schedule and user, so each user is chosen once.
    let chosen = rand::seq::index::sample(&mut rand::rng(), users.len(), NOTICES);
    for (time, user) in times.into_iter().zip(chosen) {
        sleep(Duration::from_secs_f64(time).saturating_sub(began.elapsed()));
        conn.batch_execute("BEGIN")?;
        let id = number(conn, &format!("{} RETURNING id AS value", notification(users[user])))?;
        conn.batch_execute(&format!("SELECT pg_notify('pontual_live', '{{\"notified\":[{id},{id}]}}')"))?;
        conn.batch_execute("COMMIT")?;
        committed.insert(id, crowd::now());
    }
    sleep(PAUSE);
    let (mut floor, mut heard) = (Vec::new(), Vec::new());
    for record in records(crowds)? {
        let Some(at) = record.id.and_then(|id| committed.get(&id)) else { continue };
        match record.name.as_str() {
            "heard" => floor.push((record.at - at) * 1000.0),
            "notification" => heard.push((record.at - at) * 1000.0),
            _ => {}
        }
    }
    if (heard.len(), floor.len()) != (NOTICES, NOTICES) {
        return Err(format!("of {NOTICES} notices {} came", heard.len()).into());
    }
    report.spread(name, &heard, Some(&floor));
    Ok(())
}

fn notification(user: i64) -> String {
    format!(
        "INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
         SELECT {user}, 'schedule_completed', id, contact_id FROM schedules WHERE status = 'completed' LIMIT 1"
    )
}

/// Events to all streams: the time until each stream has them, and until the last one has.
fn events(report: &mut Report, name: &str, conn: &mut PgConnection, crowds: &mut [Crowd]) -> Outcome {
    let streams: usize = crowds.iter().map(|crowd| crowd.size).sum();
    let (mut all, mut last) = (Vec::new(), Vec::new());
    for _ in 0..EVENTS {
        forget(crowds)?;
        conn.batch_execute(
            "SELECT pg_notify('pontual_live', format('{\"schedules_changed\":[%s]}', max(id))) FROM schedules",
        )?;
        let committed = crowd::now();
        sleep(PAUSE);
        let told = records(crowds)?.into_iter().filter(|record| record.name == "schedules");
        let times: Vec<f64> = told.map(|record| (record.at - committed) * 1000.0).collect();
        if times.len() != streams {
            return Err(format!("an event for {streams} streams came to {}", times.len()).into());
        }
        last.extend(times.iter().copied().reduce(f64::max));
        all.extend(times);
    }
    report.spread(name, &all, None);
    report.add(format!("{name}.last"), median(&last), "ms");
    Ok(())
}

/// Kills the server and starts it again. All browsers reconnect by themselves.
fn come_back(report: &mut Report, cluster: &Cluster, server: &mut Server, crowds: &mut [Crowd]) -> Outcome {
    forget(crowds)?;
    server.kill()?;
    wait_for(crowds, 0)?;
    *server = Server::start_again(cluster, &server.address)?;
    let ready = crowd::now();
    let cpu = server.cpu();
    wait_for(crowds, MANY)?;
    let records = records(crowds)?;
    let of = |name: &str| -> Vec<f64> {
        records.iter().filter(|record| record.name == name).map(|record| record.at - ready).collect()
    };
    let (back, refused) = (of("sync"), of("refused"));
    report.add("back.median", median(&back), "s");
    report.add("back.all", back.iter().copied().fold(0.0, f64::max), "s");
    report.add("back.cpu", (server.cpu() - cpu) * 1000.0 / MANY as f64, "ms/stream");
    report.add("back.refused", refused.into_iter().filter(|at| *at > 0.0).count() as f64, "attempts");
    report.add("back.memory", server.memory() as f64 / 1048576.0, "MiB");
    Ok(())
}

fn records(crowds: &mut [Crowd]) -> Outcome<Vec<Record>> {
    let mut records = Vec::new();
    for crowd in crowds {
        records.extend(crowd.records()?);
    }
    Ok(records)
}

/// Discards the records so far.
fn forget(crowds: &mut [Crowd]) -> Outcome {
    records(crowds).map(drop)
}

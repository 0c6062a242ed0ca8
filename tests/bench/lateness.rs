//! Single schedules with random due times. Measures the time from the due time to the commit and to the event in
//! the attendant's browser, and compares it with a bare timer for the same times.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use pontual::db::listen::Listener;
use pontual::db::replanned;
use pontual::live::{CHANNEL, Event};

use crate::Outcome;
use crate::cluster::Cluster;
use crate::http::Client;
use crate::load;
use crate::report::Report;
use crate::server::Server;

const COUNT: usize = 300;
const SECONDS: u64 = 60;

/// Seconds until the first schedule is due.
const LEAD: u64 = 4;
/// Seconds after a due time at which a bare commit begins. By then that schedule is usually done, and the next one
/// not yet begun.
const BETWEEN: f64 = 0.05;

const AFTERWARDS: Duration = Duration::from_secs(3);

pontual::row! {
    struct Row {
        id: i64,
        due: f64,
        notification: Option<i64>,
    }
}

/// When each id was announced, in seconds since 1970.
type Heard = HashMap<i64, f64>;

pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::new()?;
    let mut conn = cluster.connect()?;
    let server = Server::start(&cluster)?;
    let events = Client::signed_in(&server.address, "bruno")?.events("/live")?;
    let (notified, committed) = (Mutex::new(Heard::new()), Mutex::new(Heard::new()));
    let (floor, bare, rows) = thread::scope(|scope| -> Outcome<_> {
        scope.spawn(|| {
            let mut events = events;
            while let Some((_, id)) = events.next() {
                if let Some(id) = id {
                    lock(&notified).entry(id).or_insert(now());
                }
            }
        });
        let (sender, ready) = channel();
        scope.spawn(|| hear_commits(cluster.url(), &committed, sender));
        ready.recv()?;
        load::singles(&mut conn, COUNT, LEAD, SECONDS)?;
        let rows = rows(&mut conn)?;
        let dues: Vec<f64> = rows.iter().map(|row| row.due).collect();
        let mut other = cluster.connect()?;
        let between = dues.clone();
        let bare = scope.spawn(move || bare_commits(&mut other, &between).map_err(|error| error.to_string()));
        let floor = scope.spawn(move || bare_timer(dues));
        let floor = floor.join().map_err(|_| "the bare timer failed")?;
        let bare = bare.join().map_err(|_| "the bare commits failed")??;
        thread::sleep(AFTERWARDS);
        let rows = self::rows(&mut conn)?;
        // This ends the streams, and so the threads that read them.
        drop(server);
        conn.batch_execute("SELECT pg_notify('pontual_bench', '')")?;
        Ok((floor, bare, rows))
    })?;
    let (notified, committed) = (lock(&notified), lock(&committed));
    let late = |heard: &Heard, id: Option<i64>, due| Some((heard.get(&id?)? - due) * 1000.0);
    let commits: Vec<f64> = rows.iter().filter_map(|row| late(&committed, Some(row.id), row.due)).collect();
    let browser: Vec<f64> =
        rows.iter().filter_map(|row| late(&notified, row.notification, row.due)).collect();
    if commits.len() != COUNT || browser.len() != COUNT {
        return Err(
            format!("of {COUNT} schedules {} and {} were heard of", commits.len(), browser.len()).into()
        );
    }
    report.spread("bare_commit", &bare, None);
    report.spread("commit", &commits, Some(&floor));
    report.spread("browser", &browser, Some(&floor));
    load::check(&mut conn)
}

fn rows(conn: &mut PgConnection) -> Outcome<Vec<Row>> {
    Ok(replanned(
        "SELECT s.id, extract(epoch FROM s.due_at)::float8 AS due, n.id AS notification
           FROM schedules s LEFT JOIN notifications n ON n.schedule_id = s.id
          WHERE s.comment = 'Medida' ORDER BY s.due_at",
    )
    .load(conn)?)
}

/// Records when PostgreSQL announces each commit, until the benchmark's channel announces the end.
fn hear_commits(url: &str, committed: &Mutex<Heard>, ready: Sender<()>) {
    actix_web::rt::System::new().block_on(async {
        let Ok(mut listener) = Listener::connect(url, &[CHANNEL, "pontual_bench"]).await else { return };
        ready.send(()).ok();
        while let Ok(notice) = listener.recv().await {
            let at = now();
            if notice.channel != CHANNEL {
                break;
            }
            if let Ok(Event::SchedulesChanged(ids)) = serde_json::from_str(&notice.payload) {
                ids.into_iter().for_each(|id| {
                    lock(committed).entry(id.0).or_insert(at);
                });
            }
        }
    });
}

/// Lateness in milliseconds of a thread that only sleeps until each of the times.
fn bare_timer(dues: Vec<f64>) -> Vec<f64> {
    let wait = |due: f64| {
        thread::sleep(Duration::try_from_secs_f64(due - now()).unwrap_or_default());
        (now() - due) * 1000.0
    };
    dues.into_iter().map(wait).collect()
}

/// Milliseconds that a commit of one row takes, shortly after each of the times. No durable write can be faster.
fn bare_commits(conn: &mut PgConnection, dues: &[f64]) -> Outcome<Vec<f64>> {
    conn.batch_execute("CREATE TABLE bare_commits (n integer)")?;
    let mut times = Vec::new();
    for due in dues {
        thread::sleep(Duration::try_from_secs_f64(due + BETWEEN - now()).unwrap_or_default());
        let began = Instant::now();
        conn.batch_execute("INSERT INTO bare_commits VALUES (1)")?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(times)
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

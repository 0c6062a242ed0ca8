//! A database that falls silent: connections stay open but transmit nothing.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::rt::time::timeout;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use pontual::db::Db;
use pontual::db::listen::Listener;
use pontual::dispatcher::{self, Control, Ending};
use pontual::error::Error;

use crate::harness::{Company, Database, Plan, Proxy, Serving};

/// Long enough for a busy machine. A real hang would last for ever.
const PATIENCE: Duration = Duration::from_secs(60);

fn is_completed(database: &Database, id: i64) -> bool {
    let sql = format!("SELECT count(*) AS value FROM schedules WHERE id = {id} AND status = 'completed'");
    database.number(&sql) == 1
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "timed out");
        rt::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn a_dispatcher_whose_connection_falls_silent_goes_on_with_another() {
    let database = Database::new();
    let plan = Plan::new(&Company::found(&database), "notify");
    let proxy = Proxy::before(&database);
    let control = Control::default();
    let ended = dispatcher::start(proxy.url(), control.clone());
    until(|| control.health.trouble().is_none()).await;
    for _ in 0..2 {
        proxy.silence_open();
        let id = plan.save(&database);
        control.waker.wake();
        until(|| is_completed(&database, id)).await;
    }
    control.stop();
    assert_eq!(timeout(PATIENCE, ended).await.unwrap().unwrap(), Ending::Stopped);
}

#[actix_web::test]
async fn a_dispatcher_that_waits_for_a_silent_database_can_be_stopped() {
    let database = Database::new();
    let proxy = Proxy::before(&database);
    let control = Control::default();
    let ended = dispatcher::start(proxy.url(), control.clone());
    until(|| control.health.trouble().is_none()).await;
    proxy.silence_all();
    control.waker.wake();
    until(|| control.health.trouble().is_some()).await;
    control.stop();
    assert_eq!(timeout(PATIENCE, ended).await.unwrap().unwrap(), Ending::Stopped);
}

fn one(conn: &mut PgConnection) -> Result<i32, Error> {
    Ok(diesel::select(diesel::dsl::sql::<Integer>("1")).get_result(conn)?)
}

#[actix_web::test]
async fn a_request_that_waits_for_a_silent_connection_fails_and_the_next_gets_another() {
    let database = Database::new();
    let proxy = Arc::new(Proxy::before(&database));
    let db = Db::new(&proxy.url(), 2).with_wait_limit(Duration::from_secs(1));
    let network = proxy.clone();
    let waits = db.run(move |conn| {
        one(conn)?;
        network.silence_open();
        one(conn)
    });
    let refused = timeout(PATIENCE, waits).await.expect("the call hangs");
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    // On a busy machine, opening a connection can take longer than a request waits.
    let began = Instant::now();
    while timeout(PATIENCE, db.run(one)).await.expect("the call hangs").is_err() {
        assert!(began.elapsed() < PATIENCE, "no other connection is made");
    }
    // The liveness check of an idle connection must time out.
    rt::time::sleep(Duration::from_millis(400)).await;
    proxy.silence_open();
    while timeout(PATIENCE, db.run(one)).await.expect("the call hangs").is_err() {
        assert!(began.elapsed() < PATIENCE * 2, "no other connection is made");
    }
}

#[actix_web::test]
async fn a_listener_asks_a_quiet_server_and_gives_up_a_silent_one() {
    let database = Database::new();
    let proxy = Proxy::before(&database);
    let short = Duration::from_millis(200);
    let connected = Listener::connect(&proxy.url(), &["news"]).await.unwrap();
    let mut listener = connected.asking_after(short, PATIENCE);
    // The listener checks its connection several times and gets answers.
    assert!(timeout(Duration::from_secs(2), listener.recv()).await.is_err(), "nothing was announced");
    database.execute("NOTIFY news, 'heard'");
    assert_eq!(timeout(PATIENCE, listener.recv()).await.unwrap().unwrap().payload, "heard");
    let mut listener = listener.asking_after(short, short);
    proxy.silence_open();
    assert!(timeout(PATIENCE, listener.recv()).await.expect("the call hangs").is_err());
}

#[test]
fn a_process_whose_database_is_silent_answers_and_ends_at_sigterm_within_30_seconds() {
    let database = Database::new();
    Company::found(&database);
    let proxy = Proxy::before(&database);
    let mut serving = Serving::with(&[("DATABASE_URL", &proxy.url())], Stdio::null());
    assert_eq!(serving.status("/login"), Some(200));
    proxy.silence_all();
    // Some requests wait for their statement when the signal comes.
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..6).map(|_| scope.spawn(|| serving.status("/readyz"))).collect();
        assert_eq!(serving.status("/healthz"), Some(200));
        let answers: Vec<_> = waiting.into_iter().map(|one| one.join().unwrap()).collect();
        assert_eq!(answers, [Some(503); 6]);
    });
    let began = Instant::now();
    serving.signal(libc::SIGTERM);
    assert!(serving.end_within(PATIENCE).is_some(), "the process does not end");
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
}

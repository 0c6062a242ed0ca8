//! The pool of connections: prepared statements, refusals under load, and recovery after a lost connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt;
use diesel::prelude::*;
use pontual::db::{Db, prepared, replanned};
use pontual::error::Error;

use crate::harness::Database;

/// Maximum waiting requests per connection.
const WAITING: usize = 512;

/// Number of the connection's prepared statements whose text contains `part`.
fn prepared_count(conn: &mut PgConnection, part: &str) -> i64 {
    replanned(
        "SELECT count(*) AS value FROM pg_prepared_statements
          WHERE position($1 in statement) > 0 AND position('pg_prepared_statements' in statement) = 0",
    )
    .bind(part)
    .get_result(conn)
    .unwrap()
}

#[test]
fn a_statement_is_prepared_once_unless_its_values_decide() {
    let database = Database::new();
    let mut conn = database.connect();
    for value in 1..=3_i64 {
        let twice = prepared("SELECT $1 * 2 AS value /* prepared */").bind(value);
        assert_eq!(twice.get_result::<i64>(&mut conn).unwrap(), value * 2);
        let thrice = replanned("SELECT $1 * 3 AS value /* planned */").bind(value);
        assert_eq!(thrice.get_result::<i64>(&mut conn).unwrap(), value * 3);
    }
    assert_eq!(
        (prepared_count(&mut conn, "/* prepared */"), prepared_count(&mut conn, "/* planned */")),
        (1, 0)
    );
}

/// Releases the waiting tasks, also when the test fails.
struct Gate(Arc<AtomicBool>);

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[actix_web::test]
async fn a_request_that_finds_a_full_queue_is_refused_and_the_others_are_served() {
    let database = Database::new();
    let (db, is_open) = (Db::new(&database.url, 1), Arc::new(AtomicBool::new(false)));
    let (gate, asked) = (Gate(is_open.clone()), Arc::new(AtomicUsize::new(0)));
    let wait = || {
        let (db, is_open, asked) = (db.clone(), is_open.clone(), asked.clone());
        rt::spawn(async move {
            asked.fetch_add(1, Ordering::SeqCst);
            let work = move |_: &mut PgConnection| {
                while !is_open.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            };
            db.run(work).await
        })
    };
    let waiting: Vec<_> = (0..WAITING).map(|_| wait()).collect();
    while asked.load(Ordering::SeqCst) < WAITING {
        rt::task::yield_now().await;
    }
    let began = Instant::now();
    let refused = db.run(|_| Ok(())).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(1), "the request waited");
    drop(gate);
    let mut served = 0;
    for one in waiting {
        served += usize::from(one.await.unwrap().is_ok());
    }
    assert!(served > 0);
    db.run(|_| Ok(())).await.unwrap();
}

#[actix_web::test]
async fn a_lost_connection_fails_one_request_at_most() {
    let database = Database::new();
    let db = Db::new(&database.url, 1);
    let answer =
        async || db.run(|conn| Ok(prepared("SELECT 7::bigint AS value").get_result::<i64>(conn)?)).await;
    for pause in [Duration::ZERO, Duration::from_millis(400)] {
        assert_eq!(answer().await.unwrap(), 7);
        database.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        rt::time::sleep(pause).await;
        if pause.is_zero() {
            answer().await.ok();
        }
        assert_eq!(answer().await.unwrap(), 7, "after {pause:?}");
    }
}

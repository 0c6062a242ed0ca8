//! The reference: durable INSERTs one after the other.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::{CONNECTIONS, SECONDS, Written};
use crate::Outcome;
use crate::clients::Done;
use crate::cluster::{Cluster, wal};

/// As many connections as browsers. Each repeatedly inserts a row of some 200 bytes and commits.
pub fn run(cluster: &Cluster, conn: &mut PgConnection) -> Outcome<Written> {
    conn.batch_execute("CREATE TABLE bare_writes (id bigserial PRIMARY KEY, body text NOT NULL)")?;
    let insert = format!("INSERT INTO bare_writes (body) VALUES ('{}')", "x".repeat(200));
    let own = (0..CONNECTIONS).map(|_| cluster.connect()).collect::<Outcome<Vec<_>>>()?;
    let (before, began) = (wal(conn)?, Instant::now());
    let of_each = thread::scope(|scope| {
        let write = |mut conn: PgConnection| {
            let insert = &insert;
            scope.spawn(move || -> QueryResult<Vec<(u16, f64)>> {
                let mut times = Vec::new();
                while began.elapsed() < Duration::from_secs_f64(SECONDS / 2.0) {
                    let start = Instant::now();
                    conn.batch_execute(insert)?;
                    times.push((200, start.elapsed().as_secs_f64() * 1000.0));
                }
                Ok(times)
            })
        };
        let writers: Vec<_> = own.into_iter().map(write).collect();
        writers
            .into_iter()
            .map(|writer| writer.join().map_err(|_| "a writer panicked".into()))
            .collect::<Outcome<Vec<_>>>()
    })?;
    let seconds = began.elapsed().as_secs_f64();
    let answers = of_each.into_iter().collect::<QueryResult<Vec<_>>>()?.concat();
    let wal = (wal(conn)? - before) as f64 / answers.len() as f64;
    conn.batch_execute("DROP TABLE bare_writes")?;
    Ok(Written { done: Done { seconds, answers }, wal })
}

//! Reads the rows of the inbox, on an arbiter and connections of its own.
//!
//! Each channel is read by a task of its own, one row after the other, in the order in which they came. A row that cannot
//! be read waits for its next try, and those behind it go on. The tasks are woken by NOTIFY. A slow poll finds rows whose
//! NOTIFY was lost, and rows whose next try is due.

use std::collections::HashMap;
use std::time::Duration;

use actix_rt::Arbiter;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::{self, time};
use diesel::pg::PgConnection;
use tokio::sync::oneshot;

use super::queries::{self, Claimed};
use super::{Read, Reading, Taken, take};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, InboxId};
use crate::outbox;
use crate::outbox::worker::{Control, WorkerContext};

/// Connections to the database that all channels of a process share.
const CONNECTIONS: u32 = 2;

/// Maximum wait before the table is read again.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// Maximum duration of reading a row, below the claim of 120 s.
const READING_TIME_LIMIT: Duration = Duration::from_secs(90);

/// Pauses after the first, second … try. After the last one, a person must look at the row.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
];

/// Tries of a row. One that has had them all and still waits has ended the process that read it.
const MAX_TRIES: i32 = 6;
const _: () = assert!(MAX_TRIES as usize == PAUSES.len() + 1);

/// Shown if reading failed. The cause is in the log.
const UNREADABLE: &str = "A mensagem não pôde ser lida. A causa está no log do servidor.";

/// Pause while the database or the file store cannot be reached. Such a try does not count.
const PAUSE_OF_TROUBLE: Duration = Duration::from_secs(5);

/// Starts the workers of this process. The receiver is told when they have ended.
pub fn start(database_url: &str, context: WorkerContext, control: Control) -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    let db = Db::new(database_url, CONNECTIONS);
    Arbiter::new().spawn(async move {
        run(&db, &context, &control).await;
        sender.send(()).ok();
        Arbiter::current().stop();
    });
    receiver
}

async fn run(db: &Db, context: &WorkerContext, control: &Control) {
    let mut reading: HashMap<ChannelId, JoinHandle<()>> = HashMap::new();
    while control.goes_on() {
        reading.retain(|_, task| !task.is_finished());
        match db.run(queries::channels).await {
            Ok(channels) => {
                for channel in channels {
                    let (db, context, control) = (db.clone(), context.clone(), control.clone());
                    reading.entry(channel).or_insert_with(|| {
                        rt::spawn(async move { drain(&db, &context, &control, channel).await })
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "the inbox cannot be read, and is read again soon"),
        }
        tokio::select! {
            () = control.woken() => {}
            () = time::sleep(SLOW_POLL) => {}
        }
    }
    for task in reading.into_values() {
        task.await.ok();
    }
}

/// Reads the rows of a channel until none is due.
async fn drain(db: &Db, context: &WorkerContext, control: &Control, channel: ChannelId) {
    while control.goes_on() {
        match read_next(db, context, channel).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(%error, channel = channel.0, "a row of the inbox cannot be read");
                return;
            }
        }
    }
    // Something may have come while this task ended.
    control.wake();
}

/// Reads the channel's first row that is due. Returns `false` if there is none.
pub async fn read_next(db: &Db, context: &WorkerContext, channel: ChannelId) -> Result<bool> {
    let claim = move |conn: &mut PgConnection| {
        queries::lock_channel(conn, channel)?;
        queries::give_up(conn, channel, MAX_TRIES, UNREADABLE)?;
        queries::claim(conn, channel)
    };
    let Some(claimed) = db.transaction(claim).await? else {
        return Ok(false);
    };
    let (id, tries) = (claimed.id, claimed.tries);
    let failed = match read(db, context, channel, claimed).await {
        Ok(read) => {
            let finished = db.transaction(move |conn| finish(conn, id, tries, channel, read.clone())).await;
            match finished {
                Ok(()) => return Ok(true),
                Err(error) => error,
            }
        }
        Err(error) => error,
    };
    tracing::warn!(error = %failed, channel = channel.0, row = id.0, tries, "a message cannot be taken");
    db.transaction(move |conn| match (failed.is_temporary(), pause_after(tries)) {
        (true, _) => queries::set_waiting(conn, id, milliseconds(PAUSE_OF_TROUBLE), false),
        (false, Some(pause)) => queries::set_waiting(conn, id, milliseconds(pause), true),
        (false, None) => queries::set_problem(conn, id, UNREADABLE),
    })
    .await?;
    Ok(true)
}

/// Lets the channel read the row. A panic counts as an error: it must not end the worker.
async fn read(db: &Db, context: &WorkerContext, channel: ChannelId, claimed: Claimed) -> Result<Read> {
    let (db, context) = (db.clone(), context.clone());
    let reading = rt::spawn(async move {
        let reading = Reading {
            channel,
            settings: &claimed.settings,
            provider_id: &claimed.provider_id,
            payload: &claimed.payload,
            db: &db,
            files: &context.files,
            options: &context.options,
        };
        time::timeout(READING_TIME_LIMIT, reading.read(claimed.kind)).await
    });
    match reading.await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Err(Error::unexpected("reading took too long")),
        Err(error) => Err(Error::unexpected(error)),
    }
}

/// Takes what was read, and ends the row, in one transaction.
fn finish(conn: &mut PgConnection, id: InboxId, tries: i32, channel: ChannelId, read: Read) -> Result<()> {
    queries::lock_channel(conn, channel)?;
    if !queries::lock(conn, id)? {
        return Ok(());
    }
    match read {
        Read::Message(message) => match take(conn, &message)? {
            Taken::Written(_) | Taken::Known => queries::set_taken(conn, id),
            Taken::Archived => queries::set_problem(
                conn,
                id,
                "O contato está arquivado. Restaure o contato e tente ler a mensagem de novo.",
            ),
        },
        Read::Report { provider_id, reported } => {
            match (outbox::report(conn, channel, &provider_id, &reported)?, pause_after(tries)) {
                // A report may be faster than the result of the attempt that it is about.
                (false, Some(pause)) => queries::set_waiting(conn, id, milliseconds(pause), true),
                (true, _) | (false, None) => queries::set_taken(conn, id),
            }
        }
        Read::Ignored(reason) => {
            tracing::info!(channel = channel.0, row = id.0, reason, "an event is ignored");
            queries::set_taken(conn, id)
        }
        Read::Unreadable(problem) => queries::set_problem(conn, id, &problem),
    }
}

fn pause_after(tries: i32) -> Option<Duration> {
    let before = usize::try_from(tries).unwrap_or(0).saturating_sub(1);
    PAUSES.get(before).copied()
}

fn milliseconds(pause: Duration) -> i64 {
    i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)
}

//! Hands waiting messages over, on an arbiter and connections of its own.
//!
//! Each channel is drained by a task of its own with a bounded number of messages in progress, so a service that does not
//! answer delays no other channel. The tasks are woken by NOTIFY. A slow poll finds messages whose NOTIFY was lost,
//! messages whose next attempt is due, and attempts whose process died.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_rt::Arbiter;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::{self, time};
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use super::queries::{self, Leased, SendingChannel};
use super::settle::{end_too_old, settle, too_old};
use crate::channels::transport::{Address, Attempt, Outgoing, OutgoingFile, Phase, Signal, Transport};
use crate::channels::{SecretCipher, Secrets, TransportOptions, open_transport};
use crate::db::Db;
use crate::error::Result;
use crate::files::Files;
use crate::ids::{ChannelId, MessageId};

/// Connections to the database that all channels of a process share. None is held while a worker waits for a service.
const CONNECTIONS: u32 = 4;

/// Maximum messages of a channel in progress at once.
const IN_PROGRESS: usize = 4;

/// Maximum wait before the table is read again.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// Maximum time of trying to record a result.
const RECORD_TIME_LIMIT: Duration = Duration::from_secs(150);

/// How often a channel with messages in progress looks for others.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How long a channel sends with the settings that it read.
const SETTINGS_MAX_AGE: Duration = Duration::from_secs(60);

/// Maximum duration of an attempt, below the lease of 150 s. Transports have shorter time-outs of their own.
const ATTEMPT_TIME_LIMIT: Duration = Duration::from_secs(120);

/// What the workers need. Cheap to clone.
#[derive(Clone)]
pub struct WorkerContext {
    pub files: Files,
    pub cipher: SecretCipher,
    pub options: TransportOptions,
}

/// Lets other parts of the process wake and stop the workers.
#[derive(Clone, Default)]
pub struct Control {
    waker: Arc<Notify>,
    is_stopping: Arc<AtomicBool>,
}

impl Control {
    pub fn wake(&self) {
        self.waker.notify_one();
    }

    /// Lets attempts in progress finish and begins no other.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub fn goes_on(&self) -> bool {
        !self.is_stopping.load(Ordering::SeqCst)
    }

    /// Waits until somebody wakes the workers.
    pub async fn woken(&self) {
        self.waker.notified().await;
    }
}

/// Starts the workers of this process. The receiver is told when they have ended.
pub fn start(database_url: &str, context: WorkerContext, control: Control) -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    let db = Db::new(database_url, CONNECTIONS);
    let context = WorkerContext { options: context.options.by(&db), ..context };
    Arbiter::new().spawn(async move {
        while control.goes_on() {
            let (db, context, again) = (db.clone(), context.clone(), control.clone());
            if let Err(error) = rt::spawn(async move { run(&db, &context, &again).await }).await {
                tracing::error!(%error, "the outbox panicked, and begins again");
                time::sleep(SLOW_POLL).await;
            }
        }
        sender.send(()).ok();
        Arbiter::current().stop();
    });
    receiver
}

async fn run(db: &Db, context: &WorkerContext, control: &Control) {
    let mut draining: HashMap<ChannelId, JoinHandle<()>> = HashMap::new();
    while control.goes_on() {
        let pause = match round(db, context, control, &mut draining).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read, and is read again soon");
                SLOW_POLL
            }
        };
        tokio::select! {
            () = control.woken() => {}
            () = time::sleep(pause) => {}
        }
    }
    for task in draining.into_values() {
        task.await.ok();
    }
}

/// Starts a task for each channel that has something to send and none yet. Returns how long to wait for the next round.
async fn round(
    db: &Db,
    context: &WorkerContext,
    control: &Control,
    draining: &mut HashMap<ChannelId, JoinHandle<()>>,
) -> Result<Duration> {
    end_what_nobody_sends(db).await?;
    draining.retain(|_, task| !task.is_finished());
    let mut pause = SLOW_POLL;
    for channel in db.run(queries::channels).await? {
        let id = channel.id;
        if draining.contains_key(&id) {
            continue;
        }
        match db.run(move |conn| queries::next_in_ms(conn, id)).await? {
            Some(wait) if wait > 0 => pause = pause.min(Duration::from_millis(wait.unsigned_abs())),
            Some(_) => {
                let (db, context, control) = (db.clone(), context.clone(), control.clone());
                draining.insert(id, rt::spawn(async move { drain(&db, &context, &control, channel).await }));
            }
            None => {}
        }
    }
    Ok(pause)
}

/// Attempts whose process died count as unknown. Messages that waited for too long end.
async fn end_what_nobody_sends(db: &Db) -> Result<()> {
    for expired in db.run(queries::expired).await? {
        let attempt = Attempt::new(Phase::AfterWrite, Signal::LeaseExpired, "");
        let settled = db
            .transaction(move |conn| {
                settle(conn, expired.message_id, expired.lease, &attempt, rand::random())
            })
            .await;
        if let Err(error) = settled {
            tracing::warn!(%error, message = expired.message_id.0, "an attempt that ended cannot be settled");
        }
    }
    for message in db.run(too_old).await? {
        if let Err(error) = db.transaction(move |conn| end_too_old(conn, message)).await {
            tracing::warn!(%error, message = message.0, "a message that waited for too long cannot be ended");
        }
    }
    Ok(())
}

/// Sends the messages of a channel. Returns when none is due, or after `SETTINGS_MAX_AGE`, so that changed settings apply.
async fn drain(db: &Db, context: &WorkerContext, control: &Control, channel: SendingChannel) {
    let id = channel.id;
    let transport = match open(context, &channel) {
        Ok(transport) => transport,
        Err(sentence) => {
            let recorded =
                db.transaction(move |conn| queries::record_channel(conn, id, Some(&sentence))).await;
            if let Err(error) = recorded {
                tracing::warn!(%error, channel = id.0, "the state of a channel cannot be written");
            }
            return;
        }
    };
    let began = Instant::now();
    let mut in_progress = FuturesUnordered::new();
    let mut has_sent = false;
    loop {
        let free = IN_PROGRESS - in_progress.len();
        if free > 0 && control.goes_on() && began.elapsed() < SETTINGS_MAX_AGE {
            match db.transaction(move |conn| queries::lease(conn, id, free as i64)).await {
                Ok(leased) => {
                    has_sent |= !leased.is_empty();
                    in_progress.extend(leased.into_iter().map(|it| send(db, context, &*transport, id, it)));
                }
                Err(error) => {
                    tracing::warn!(%error, channel = id.0, "messages cannot be leased");
                    has_sent = false;
                }
            }
        }
        // Looks for more messages even if those in progress take long.
        if let Ok(None) = time::timeout(LOOK_AGAIN, in_progress.next()).await {
            break;
        }
    }
    if has_sent {
        // Something may have become due meanwhile.
        control.wake();
    }
}

fn open(context: &WorkerContext, channel: &SendingChannel) -> Result<Box<dyn Transport>, String> {
    let secrets = match &channel.secrets {
        None => Secrets::default(),
        Some(sealed) => context.cipher.decrypt(channel.id, sealed).map_err(|error| {
            tracing::error!(%error, channel = channel.id.0, "the secrets of a channel cannot be read");
            "As senhas desta conexão não podem ser lidas com a chave desta instalação. Informe-as de novo."
                .to_owned()
        })?,
    };
    open_transport(channel.kind, channel.id, &channel.settings, &secrets, &context.options)
}

/// One attempt of a leased message: hands it over and records the result.
async fn send(
    db: &Db,
    context: &WorkerContext,
    transport: &dyn Transport,
    channel: ChannelId,
    leased: Leased,
) {
    let (message, lease) = (leased.message_id, leased.lease);
    let attempt = match outgoing(db, channel, leased).await {
        Ok(Some(outgoing)) => hand_over(db, context, transport, &outgoing, lease).await,
        Ok(None) => Attempt::new(Phase::BeforeWrite, Signal::NotSendable, ""),
        Err(error) => {
            tracing::warn!(%error, message = message.0, "a message cannot be read");
            Attempt::new(Phase::BeforeWrite, Signal::NotBegun, "")
        }
    };
    record(db, message, lease, attempt).await;
}

async fn hand_over(
    db: &Db,
    context: &WorkerContext,
    transport: &dyn Transport,
    outgoing: &Outgoing,
    lease: Uuid,
) -> Attempt {
    let (id, message) = (transport.fixed_id(outgoing), outgoing.message);
    match db.transaction(move |conn| queries::hold_lease(conn, message, lease, id.as_deref())).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(message = message.0, "the lease of a message ended before it was handed over");
            return Attempt::new(Phase::BeforeWrite, Signal::NotBegun, "");
        }
        Err(error) => {
            tracing::warn!(%error, message = message.0, "the lease of a message cannot be renewed");
            return Attempt::new(Phase::BeforeWrite, Signal::NotBegun, "");
        }
    }
    let handing = AssertUnwindSafe(transport.hand_over(outgoing, &context.files)).catch_unwind();
    // If it hangs or panics, nobody knows how far it got.
    match time::timeout(ATTEMPT_TIME_LIMIT, handing).await {
        Ok(Ok(attempt)) => attempt,
        Ok(Err(_)) => {
            tracing::error!(message = outgoing.message.0, "a transport panicked");
            Attempt::new(Phase::AfterWrite, Signal::Silence, "erro interno")
        }
        Err(_) => Attempt::new(Phase::AfterWrite, Signal::Silence, "sem resposta em 120 segundos"),
    }
}

/// Records the result, which keeps a message from being sent twice. If the database cannot be reached, it tries again until
/// the lease has ended.
async fn record(db: &Db, message: MessageId, lease: Uuid, attempt: Attempt) {
    let (began, mut pause) = (Instant::now(), Duration::from_millis(100));
    while began.elapsed() < RECORD_TIME_LIMIT {
        let (attempt, jitter) = (attempt.clone(), rand::random());
        match db.transaction(move |conn| settle(conn, message, lease, &attempt, jitter)).await {
            Ok(true) => return,
            Ok(false) => {
                tracing::warn!(
                    message = message.0,
                    "the result of an attempt came after its lease had ended"
                );
                return;
            }
            Err(error) => {
                tracing::warn!(%error, message = message.0, "the result of an attempt cannot be written");
            }
        }
        time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// The message with its files; `None` if the contact has no address on the channel.
async fn outgoing(db: &Db, channel: ChannelId, leased: Leased) -> Result<Option<Outgoing>> {
    let (Some(kind), Some(value)) = (leased.identity_kind, leased.address) else { return Ok(None) };
    let (message, contact) = (leased.message_id, leased.contact_id);
    let (files, earlier) = db
        .run(move |conn| {
            Ok((queries::files(conn, message)?, queries::earlier_ids(conn, channel, contact, message)?))
        })
        .await?;
    let file = |file: queries::LeasedFile| OutgoingFile {
        name: file.file_name,
        media_type: file.media_type,
        size: file.size.unsigned_abs(),
        hash: file.sha256,
    };
    Ok(Some(Outgoing {
        message,
        channel,
        to: Address { kind, value },
        contact: leased.contact,
        author: leased.author,
        department: leased.department,
        company: leased.company,
        protocol: leased.protocol,
        body: leased.body,
        files: files.into_iter().map(file).collect(),
        written_at: leased.written_at,
        earlier,
    }))
}

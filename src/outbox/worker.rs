//! Hands waiting messages over, on an arbiter and connections of its own.
//!
//! Each channel is drained by a task of its own with a bounded number of messages in progress, so a service that does not
//! answer delays no other channel. The tasks are woken by NOTIFY. A slow poll finds what a lost notice would have told,
//! messages whose next attempt is due, and attempts whose process died.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_rt::Arbiter;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::{self, time};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Notify, oneshot};

use super::queries::{self, Leased, SendingChannel};
use super::settle::settle;
use crate::channels::transport::{Address, Attempt, Outgoing, OutgoingFile, Phase, Signal, Transport};
use crate::channels::{SecretCipher, Secrets, TransportOptions, open_transport};
use crate::db::Db;
use crate::error::Result;
use crate::files::Files;
use crate::ids::{ChannelId, MessageId};

/// Connections to the database that all channels of a process share. None is held while a service is waited for.
const CONNECTIONS: u32 = 4;

/// Maximum messages of a channel in progress at once.
const IN_PROGRESS: usize = 4;

/// Maximum wait before the table is read again.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// Maximum duration of an attempt, below the lease of 150 s. Transports have shorter time-outs of their own.
const ATTEMPT_TIME_LIMIT: Duration = Duration::from_secs(120);

/// What the workers need. Cheap to clone.
#[derive(Clone)]
pub struct Workshop {
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
pub fn start(database_url: &str, workshop: Workshop, control: Control) -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    let db = Db::new(database_url, CONNECTIONS);
    Arbiter::new().spawn(async move {
        run(&db, &workshop, &control).await;
        sender.send(()).ok();
        Arbiter::current().stop();
    });
    receiver
}

async fn run(db: &Db, workshop: &Workshop, control: &Control) {
    let mut draining: HashMap<ChannelId, JoinHandle<()>> = HashMap::new();
    while control.goes_on() {
        let pause = match round(db, workshop, control, &mut draining).await {
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
    workshop: &Workshop,
    control: &Control,
    draining: &mut HashMap<ChannelId, JoinHandle<()>>,
) -> Result<Duration> {
    settle_expired(db).await?;
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
                let (db, workshop, control) = (db.clone(), workshop.clone(), control.clone());
                draining.insert(id, rt::spawn(async move { drain(&db, &workshop, &control, channel).await }));
            }
            None => {}
        }
    }
    Ok(pause)
}

/// Attempts whose process died count as unknown.
async fn settle_expired(db: &Db) -> Result<()> {
    for expired in db.run(queries::expired).await? {
        let attempt = Attempt::new(Phase::AfterWrite, Signal::LeaseExpired, "");
        db.transaction(move |conn| settle(conn, expired.message_id, expired.lease, &attempt, rand::random()))
            .await?;
    }
    Ok(())
}

/// Sends what a channel has to send, and returns when nothing is due.
async fn drain(db: &Db, workshop: &Workshop, control: &Control, channel: SendingChannel) {
    let id = channel.id;
    let transport = match open(workshop, &channel) {
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
    let mut in_progress = FuturesUnordered::new();
    loop {
        let free = IN_PROGRESS - in_progress.len();
        if free > 0 && control.goes_on() {
            match db.transaction(move |conn| queries::lease(conn, id, free as i64)).await {
                Ok(leased) => {
                    in_progress.extend(leased.into_iter().map(|it| send(db, workshop, &*transport, id, it)));
                }
                Err(error) => tracing::warn!(%error, channel = id.0, "messages cannot be leased"),
            }
        }
        if in_progress.next().await.is_none() {
            break;
        }
    }
    // Something may have become due, or may have been waiting for a message of the same contact.
    control.wake();
}

fn open(workshop: &Workshop, channel: &SendingChannel) -> Result<Box<dyn Transport>, String> {
    let secrets = match &channel.secrets {
        None => Secrets::default(),
        Some(sealed) => workshop.cipher.decrypt(channel.id, sealed).map_err(|error| {
            tracing::error!(%error, channel = channel.id.0, "the secrets of a channel cannot be read");
            "As senhas desta conexão não podem ser lidas com a chave desta instalação. Informe-as de novo."
                .to_owned()
        })?,
    };
    open_transport(channel.kind, channel.id, &channel.settings, &secrets, &workshop.options)
}

/// One attempt of a leased message: hands it over and records the result.
async fn send(db: &Db, workshop: &Workshop, transport: &dyn Transport, channel: ChannelId, leased: Leased) {
    let (message, lease) = (leased.message_id, leased.lease);
    let attempt = match outgoing(db, channel, leased).await {
        Ok(Some(outgoing)) => {
            match time::timeout(ATTEMPT_TIME_LIMIT, transport.hand_over(&outgoing, &workshop.files)).await {
                Ok(attempt) => attempt,
                // How far it came is not known.
                Err(_) => Attempt::new(Phase::AfterWrite, Signal::Silence, "sem resposta em 120 segundos"),
            }
        }
        Ok(None) => Attempt::new(Phase::BeforeWrite, Signal::NotSendable, ""),
        Err(error) => {
            // The lease ends by itself, and the message is tried again.
            tracing::warn!(%error, message = message.0, "a message cannot be read");
            return;
        }
    };
    record(db, message, lease, attempt).await;
}

/// Records the result, also while the database is away: it is what keeps a message from being sent twice.
async fn record(db: &Db, message: MessageId, lease: uuid::Uuid, attempt: Attempt) {
    let mut pause = Duration::from_millis(100);
    for _ in 0..8 {
        let attempt = attempt.clone();
        let jitter = rand::random();
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
                tracing::warn!(%error, message = message.0, "the result of an attempt cannot be written")
            }
        }
        time::sleep(pause).await;
        pause *= 2;
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

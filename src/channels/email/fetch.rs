//! Fetches mail: a task for each active e-mail channel with a server for incoming mail.
//!
//! A mail goes raw into the inbox. The same transaction records how far the mailbox was read. If a task fails or panics, it
//! begins again after a pause, and the channel's page shows the error. If the server refuses a mail, the task tries a few
//! times, then skips it and shows that in the inbox. Mails that are older than the channel are not read.
//!
//! One process at a time watches a mailbox. If it dies, another one takes over. A process that does not know yet that it
//! was replaced does no harm: each mail is stored once, by its Message-ID.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use actix_rt::Arbiter;
use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::time;
use chrono::Utc;
use mail_parser::MessageParser;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::imap::{self, FetchError, Fetched, Mailbox};
use super::queries::{self, FetchedChannel, Receiving};
use super::read_settings;
use crate::channels::{SecretCipher, Secrets, TransportOptions};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::inbox;

/// How often the list of channels is read and the watch renewed.
const SUPERVISION: Duration = Duration::from_secs(5);

/// How often a server without IDLE is asked, and how long one with IDLE is listened to. Firewalls forget connections
/// that are silent for longer.
const POLL: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(5 * 60);

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Maximum refusals of a mail by the server. Then it is skipped. A lost connection does not count.
const MAX_FAILURES: u32 = 3;

/// The fetching of a process. Dropping this does not end it.
pub struct Fetching {
    arbiter: Arbiter,
    db: Db,
    process: Uuid,
}

impl Fetching {
    /// Stops fetching, as the end of the process does. Others take over when the watch has run out.
    pub fn stop(&self) {
        self.arbiter.stop();
    }

    /// After [`Fetching::stop`]: lets other processes take over at once.
    pub async fn end_watch(&self) -> Result<()> {
        let process = self.process;
        self.db.run(move |conn| queries::end_watch(conn, process)).await
    }
}

/// Starts fetching on an arbiter of its own.
pub fn start(database_url: &str, cipher: SecretCipher, options: TransportOptions) -> Fetching {
    let (arbiter, process) = (Arbiter::new(), Uuid::new_v4());
    let db = Db::new(database_url, 1);
    let (of_tasks, options) = (db.clone(), options.by(&db));
    arbiter.spawn(async move { supervise(&of_tasks, process, &cipher, &options).await });
    Fetching { arbiter, db, process }
}

/// Keeps a task for each channel that this process watches. A channel whose settings changed gets a new one.
async fn supervise(db: &Db, process: Uuid, cipher: &SecretCipher, options: &TransportOptions) {
    let mut running: HashMap<ChannelId, (FetchedChannel, JoinHandle<()>)> = HashMap::new();
    loop {
        match db.run(move |conn| queries::watch(conn, process)).await {
            Ok(channels) => {
                running.retain(|_, (channel, task)| {
                    let stays = channels.contains(channel) && !task.is_finished();
                    if !stays {
                        task.abort();
                    }
                    stays
                });
                for channel in channels {
                    running.entry(channel.id).or_insert_with(|| {
                        let fetcher = Fetcher::new(db, cipher, options, &channel);
                        (channel, rt::spawn(fetcher.run()))
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "the channels whose mail is fetched cannot be read"),
        }
        time::sleep(SUPERVISION).await;
    }
}

/// What the task of a channel needs.
pub struct Fetcher {
    db: Db,
    cipher: SecretCipher,
    options: TransportOptions,
    channel: FetchedChannel,
}

impl Fetcher {
    pub fn new(db: &Db, cipher: &SecretCipher, options: &TransportOptions, channel: &FetchedChannel) -> Self {
        let (db, cipher, options) = (db.clone(), cipher.clone(), options.clone());
        Self { db, cipher, options, channel: channel.clone() }
    }

    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = time::Instant::now();
            let Err(sentence) = self.listen().await;
            let id = self.channel.id;
            tracing::info!(channel = id.0, error = %sentence, "mail cannot be fetched");
            if let Err(error) = self.db.run(move |conn| queries::set_error(conn, id, &sentence)).await {
                tracing::warn!(%error, channel = id.0, "the state of a channel cannot be written");
            }
            if began.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Fetches what arrives, until something fails.
    async fn listen(&self) -> Result<Infallible, String> {
        let mut mailbox = self.open().await?;
        loop {
            self.fetch_new(&mut mailbox).await?;
            if mailbox.has_idle {
                mailbox = mailbox.idle(IDLE).await?;
            } else {
                time::sleep(POLL).await;
                mailbox.poll().await?;
            }
        }
    }

    async fn open(&self) -> Result<Mailbox, String> {
        let settings = read_settings(&self.channel.settings)?;
        let secrets = match &self.channel.secrets {
            None => Secrets::default(),
            Some(sealed) => self
                .cipher
                .decrypt(self.channel.id, sealed)
                .map_err(|_| "as senhas não podem ser lidas com a chave desta instalação".to_owned())?,
        };
        imap::open(self.channel.id, &settings, &secrets, &self.options).await
    }

    async fn fetch_new(&self, mailbox: &mut Mailbox) -> Result<(), String> {
        let id = self.channel.id;
        let mut receiving = self.db.run(move |conn| queries::receiving(conn, id)).await.map_err(unsaved)?;
        let today = Some(Utc::now().date_naive());
        let uids = if receiving.uid_validity == mailbox.uid_validity {
            mailbox.uids_from(receiving.uid.saturating_add(1)).await?
        } else if let Some(day) = receiving.day {
            // The server numbered its mails anew.
            let uids = mailbox.uids_since(day).await?;
            let uid = uids.first().copied().unwrap_or(mailbox.uid_next).saturating_sub(1);
            receiving = Receiving { uid_validity: mailbox.uid_validity, uid, day: today, failures: 0 };
            self.db.run(move |conn| queries::set_receiving(conn, id, receiving)).await.map_err(unsaved)?;
            uids
        } else {
            let uid = mailbox.uid_next.saturating_sub(1);
            receiving = Receiving { uid_validity: mailbox.uid_validity, uid, day: today, failures: 0 };
            self.db.run(move |conn| queries::set_receiving(conn, id, receiving)).await.map_err(unsaved)?;
            Vec::new()
        };
        for uid in uids {
            receiving = self.take(mailbox, Receiving { day: today, ..receiving }, uid).await?;
        }
        self.db.run(move |conn| queries::set_looked_at(conn, id)).await.map_err(unsaved)
    }

    /// Stores one mail with how far the mailbox was read.
    async fn take(&self, mailbox: &mut Mailbox, before: Receiving, uid: u32) -> Result<Receiving, String> {
        let id = self.channel.id;
        let after = Receiving { uid, failures: 0, ..before };
        let problem = match mailbox.fetch(uid).await {
            Ok(Fetched::Mail(mail)) => {
                let stored = self.db.transaction(move |conn| {
                    inbox::store(conn, id, &provider_id(&mail), &mail)?;
                    queries::set_receiving(conn, id, after)
                });
                stored.await.map_err(unsaved)?;
                return Ok(after);
            }
            Ok(Fetched::Gone) => {
                self.db.run(move |conn| queries::set_receiving(conn, id, after)).await.map_err(unsaved)?;
                return Ok(after);
            }
            Ok(Fetched::TooLarge(size)) => format!(
                "Um e-mail de {} MB é grande demais e não foi buscado. Ele está na caixa de entrada do servidor.",
                size / 1024 / 1024
            ),
            Err(FetchError::Interrupted(sentence)) => return Err(sentence),
            Err(FetchError::Refused(sentence)) if before.failures + 1 >= MAX_FAILURES => format!(
                "Um e-mail não pôde ser buscado ({sentence}). Ele está na caixa de entrada do servidor."
            ),
            Err(FetchError::Refused(sentence)) => {
                let failed = Receiving { failures: before.failures + 1, ..before };
                self.db.run(move |conn| queries::set_receiving(conn, id, failed)).await.map_err(unsaved)?;
                return Err(sentence);
            }
        };
        let passed = self.db.transaction(move |conn| {
            queries::store_problem(conn, id, &format!("imap:{}:{uid}", after.uid_validity), &problem)?;
            queries::set_receiving(conn, id, after)
        });
        passed.await.map_err(unsaved)?;
        Ok(after)
    }
}

/// The Message-ID, or a hash of the mail if it has none.
fn provider_id(mail: &[u8]) -> String {
    let headers = MessageParser::default().parse_headers(mail);
    let id = headers.as_ref().and_then(|headers| headers.message_id()).map(str::trim);
    match id.filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        None => format!("sha256:{}", hex::encode(Sha256::digest(mail))),
    }
}

fn unsaved(error: Error) -> String {
    tracing::warn!(%error, "a mail cannot be stored, and is fetched again");
    "o e-mail não pôde ser gravado e será buscado de novo".to_owned()
}

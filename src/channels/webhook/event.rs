//! The JSON of events, as docs/webhook.md describes it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::link::FileLinks;
use crate::channels::transport::Outgoing;

/// An event that we send.
#[derive(Serialize)]
struct SentEvent<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: T,
}

#[derive(Serialize)]
struct SentMessage<'a> {
    id: &'a str,
    text: &'a str,
    contact: SentContact<'a>,
    /// The attendant who wrote it; empty for a schedule.
    author: Option<&'a str>,
    department: &'a str,
    company: &'a str,
    ticket: SentTicket,
    files: Vec<SentFile<'a>>,
}

#[derive(Serialize)]
struct SentContact<'a> {
    /// The id that the receiver gave us.
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct SentTicket {
    protocol: i64,
}

#[derive(Serialize)]
struct SentFile<'a> {
    name: &'a str,
    media_type: &'a str,
    size: u64,
    sha256: String,
    url: String,
    url_expires_at: String,
}

/// The event of a message, in JSON. `id` is the message's id for the receiver.
pub fn message_created(
    outgoing: &Outgoing,
    id: &str,
    links: &FileLinks,
    now: DateTime<Utc>,
) -> serde_json::Result<Vec<u8>> {
    let files = outgoing.files.iter().map(|file| {
        let (url, expires_at) = links.link(outgoing.channel, file, now);
        SentFile {
            name: &file.name,
            media_type: &file.media_type,
            size: file.size,
            sha256: file.hash.to_string(),
            url,
            url_expires_at: time(expires_at),
        }
    });
    serde_json::to_vec(&SentEvent {
        kind: "message.created",
        timestamp: time(outgoing.written_at),
        data: SentMessage {
            id,
            text: &outgoing.body,
            contact: SentContact { id: &outgoing.to.value, name: &outgoing.contact },
            author: outgoing.author.as_deref(),
            department: &outgoing.department,
            company: &outgoing.company,
            ticket: SentTicket { protocol: outgoing.protocol },
            files: files.collect(),
        },
    })
}

/// The event by which a connection is tested.
pub fn ping(now: DateTime<Utc>) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&SentEvent { kind: "ping", timestamp: time(now), data: serde_json::json!({}) })
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// An event that the other side sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ReceivedEvent {
    #[serde(rename = "message.created")]
    Message(ReceivedMessage),
    #[serde(rename = "message.sent")]
    Sent(Receipt),
    #[serde(rename = "message.delivered")]
    Delivered(Receipt),
    #[serde(rename = "message.read")]
    Read(Receipt),
    #[serde(rename = "message.failed")]
    Failed(Receipt),
}

#[derive(Debug, Deserialize)]
pub struct ReceivedMessage {
    pub from: Sender,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub files: Vec<ReceivedFile>,
    /// The id of our message that it answers.
    #[serde(default)]
    pub reply_to: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Sender {
    /// By which the other side knows the customer.
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct ReceivedFile {
    pub name: String,
    /// In base64.
    pub content: String,
}

/// What became of one of our messages.
#[derive(Debug, Deserialize)]
pub struct Receipt {
    /// `data.id` of the message.
    pub id: String,
    #[serde(default)]
    pub reason: String,
}

/// Maximum characters of the id by which the other side knows a customer.
const MAX_CUSTOMER_ID: usize = 200;

impl ReceivedEvent {
    /// # Errors
    /// What is wrong, in English, for the developer of the other side.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        let event: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if let Self::Message(message) = &event {
            let id = &message.from.id;
            if !(1..=MAX_CUSTOMER_ID).contains(&id.chars().count()) || id.chars().any(char::is_control) {
                return Err(format!("data.from.id must have 1 to {MAX_CUSTOMER_ID} characters"));
            }
            if message.text.trim().is_empty() && message.files.is_empty() {
                return Err("a message needs data.text or data.files".to_owned());
            }
        }
        Ok(event)
    }
}

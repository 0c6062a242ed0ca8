//! Reads a mail: a customer's message, a bounce, or nothing of ours.

mod bounce;
mod parts;
mod quote;

use actix_web::web;
use mail_parser::{HeaderValue, Message, MessageParser};

use super::ids::MailIds;
use super::read_settings;
use crate::channels::IdentityKind;
use crate::channels::transport::{Attempt, Phase};
use crate::contacts::identities::Identity;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::inbox::{ChannelMessage, Read, Reading};
use bounce::DeliveryReport;
use parts::AttachedFile;

/// Maximum characters of a customer's name, of a subject, and of what is kept of a quote.
const LONGEST_NAME: usize = 100;
const LONGEST_SUBJECT: usize = 500;
const LONGEST_QUOTE: usize = 50_000;

/// What a mail is.
#[derive(Debug)]
pub enum Mail {
    Message(Box<CustomerMail>),
    Report(DeliveryReport),
    /// Holds the reason, for the log.
    Ignored(&'static str),
    Unreadable,
}

/// A mail that a customer wrote.
#[derive(Debug)]
pub struct CustomerMail {
    pub from: Email,
    pub name: Option<String>,
    /// `None` if it only repeats the subject of the mail that this one answers.
    pub subject: Option<String>,
    pub text: String,
    pub quoted: String,
    pub files: Vec<AttachedFile>,
    /// The Message-IDs that it answers: the one it answers directly first.
    pub answers: Vec<String>,
    /// The addresses it was sent to. One may hold the token of our Reply-To.
    pub recipients: Vec<String>,
}

impl CustomerMail {
    /// The subject and the text. Some customers write all they want into the subject.
    fn with_subject(&self) -> String {
        match (&self.subject, self.text.trim().is_empty()) {
            (None, _) => self.text.clone(),
            (Some(subject), true) => subject.clone(),
            (Some(subject), false) => format!("Assunto: {subject}\n\n{}", self.text),
        }
    }
}

/// Reads a mail of the inbox, and stores its files.
pub async fn read(reading: &Reading<'_>) -> Result<Read> {
    let settings = match read_settings(reading.settings) {
        Ok(settings) => settings,
        Err(sentence) => return Ok(Read::Unreadable(sentence)),
    };
    // Large mails take long, and others are waiting.
    let payload = reading.payload.to_vec();
    let parsed = web::block(move || parse(&payload, &settings.address)).await.map_err(Error::unexpected)?;
    let mail = match parsed {
        Mail::Message(mail) => *mail,
        Mail::Report(found) => return Ok(report(found)),
        Mail::Ignored(reason) => return Ok(Read::Ignored(reason.to_owned())),
        Mail::Unreadable => return Ok(Read::Unreadable("O e-mail não pôde ser lido.".to_owned())),
    };
    let (mut files, mut refused_files) = (Vec::new(), Vec::new());
    for file in &mail.files {
        match reading.keep(&file.name, &file.bytes).await? {
            Ok(kept) => files.push(kept),
            Err(sentence) => refused_files.push(sentence),
        }
    }
    let text = mail.with_subject();
    let ids = MailIds::new(reading.channel, reading.options);
    let named = mail.recipients.iter().filter_map(|address| ids.message_of(address));
    let answers = mail.answers.into_iter().chain(named.map(|message| ids.message_id(message))).collect();
    Ok(Read::Message(Box::new(ChannelMessage {
        channel: reading.channel,
        provider_id: reading.provider_id.to_owned(),
        identities: vec![Identity { kind: IdentityKind::Email, value: mail.from.as_str().to_owned() }],
        name: mail.name,
        text,
        quoted: mail.quoted,
        files,
        refused_files,
        answers,
    })))
}

/// The address that a mail names as its sender; `None` if it cannot be read.
pub fn sender(bytes: &[u8]) -> Option<String> {
    let headers = MessageParser::default().parse_headers(bytes)?;
    let address = headers.from()?.first()?.address()?;
    Email::parse(address).ok().map(|email| email.as_str().to_owned())
}

fn report(found: DeliveryReport) -> Read {
    let Some(provider_id) = found.answers.into_iter().next() else {
        return Read::Ignored("a report that does not say of which mail".to_owned());
    };
    Read::Report { provider_id, reported: Attempt::new(Phase::Reported, found.signal, found.detail) }
}

/// Tells what a mail is. `own_address` is the channel's.
pub fn parse(bytes: &[u8], own_address: &str) -> Mail {
    let Some(message) = MessageParser::default().parse(bytes) else { return Mail::Unreadable };
    if let Some(found) = bounce::read(&message) {
        return match found {
            bounce::Found::Delivery(report) => Mail::Report(report),
            bounce::Found::Opened => Mail::Ignored("a receipt of reading"),
        };
    }
    let sender = message.from().and_then(|from| from.first());
    let Some(from) = sender.and_then(|sender| Email::parse(sender.address()?).ok()) else {
        return Mail::Ignored("a mail without a sender");
    };
    if Email::parse(own_address).is_ok_and(|own| own == from) {
        return Mail::Ignored("a mail of our own address");
    }
    if let Some(reason) = automatic(&message) {
        return Mail::Ignored(reason);
    }
    let (text, quoted) = quote::split(&parts::text(&message));
    Mail::Message(Box::new(CustomerMail {
        from,
        name: sender
            .and_then(|sender| sender.name())
            .map(|name| parts::one_line(name).chars().take(LONGEST_NAME).collect())
            .filter(|name: &String| !name.is_empty()),
        subject: subject(&message),
        text,
        quoted: quoted.chars().take(LONGEST_QUOTE).collect(),
        files: parts::files(&message),
        answers: answers(&message),
        recipients: recipients(&message),
    }))
}

/// The subject, if the customer chose it. An answer that begins with "Re:" repeats the one of the thread.
fn subject(message: &Message<'_>) -> Option<String> {
    let subject: String = parts::one_line(message.subject()?).chars().take(LONGEST_SUBJECT).collect();
    let start = subject.split(':').next().unwrap_or_default().trim();
    let is_reply =
        subject.contains(':') && ["re", "res"].iter().any(|prefix| start.eq_ignore_ascii_case(prefix));
    let is_new = !is_reply || answers(message).is_empty();
    (is_new && !subject.is_empty()).then_some(subject)
}

/// Why a mail is taken to be written by a program; `None` for those of people. An answer to such a mail could be answered
/// by the program again, for ever.
fn automatic(message: &Message<'_>) -> Option<&'static str> {
    let header = |name: &'static str| message.header_raw(name).map(|value| value.trim().to_ascii_lowercase());
    if header("Return-Path").as_deref() == Some("<>") {
        return Some("a mail with the empty return path");
    }
    if header("Auto-Submitted").is_some_and(|value| !value.starts_with("no")) {
        return Some("an automatic answer");
    }
    if header("X-Autoreply").or_else(|| header("X-Autorespond")).is_some_and(|value| value != "no") {
        return Some("an automatic answer");
    }
    if header("Precedence")
        .is_some_and(|value| ["bulk", "junk", "list", "auto_reply"].contains(&value.as_str()))
    {
        return Some("a mail to many");
    }
    header("List-Id").map(|_| "a mail of a list")
}

/// In-Reply-To, then References from the newest on.
fn answers(message: &Message<'_>) -> Vec<String> {
    let mut found = ids_in(message.in_reply_to());
    found.extend(ids_in(message.references()).into_iter().rev());
    let mut unique = Vec::new();
    for id in found {
        if !unique.contains(&id) {
            unique.push(id);
        }
    }
    unique
}

fn ids_in(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![parts::one_line(id)],
        HeaderValue::TextList(ids) => ids.iter().map(|id| parts::one_line(id)).collect(),
        _ => Vec::new(),
    }
}

fn recipients(message: &Message<'_>) -> Vec<String> {
    let lists = [message.to(), message.cc()].into_iter().flatten();
    let mut all: Vec<String> =
        lists.flat_map(|list| list.iter()).filter_map(|one| one.address().map(Into::into)).collect();
    all.extend(message.header_raw("Delivered-To").map(|address| address.trim().to_owned()));
    all
}

#[cfg(test)]
mod tests;

//! Writes a message into the thread of the contact that sent it, in its open ticket or in a new one.

use diesel::pg::PgConnection;

use super::split::split;
use super::store::stored_id;
use super::{ChannelMessage, IncomingFile, queries};
use crate::contacts::identities::queries::{contacts_of, lock};
use crate::contacts::identities::{Identity, Resolved, resolve};
use crate::conversations::receive::{IncomingMessage, receive_from_service};
use crate::conversations::thread::{BODY_LIMIT, Body, Origin};
use crate::error::Result;
use crate::files::MAX_FILES;
use crate::ids::ContactId;

/// Shown if a message has neither text nor files.
const WITHOUT_TEXT: &str = "(mensagem sem texto)";

/// The result of taking a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Written(ContactId),
    /// It was taken before.
    Known,
    /// The contact is archived. Nothing was written.
    Archived,
}

/// Writes a message, within the caller's transaction. If no contact has one of its identities, it creates one. A message
/// with the same id is written once.
pub fn take(conn: &mut PgConnection, message: &ChannelMessage) -> Result<Taken> {
    // Two messages of a new customer must not make two contacts.
    queries::lock_channel(conn, message.channel)?;
    let provider_id = stored_id(&message.provider_id);
    if queries::is_taken(conn, message.channel, &provider_id)? {
        return Ok(Taken::Known);
    }
    let identities: Vec<Identity> = message.identities.iter().map(without_nul).collect();
    let (contact, other_address) = match answered_contact(conn, message, &identities)? {
        Some(contact) => (contact, identities.first().map(|identity| identity.value.as_str())),
        None => {
            let name = message.name.as_deref().map(one_line);
            match resolve(conn, message.channel, &identities, name.as_deref())? {
                Resolved::Contact(contact) => (contact, None),
                Resolved::Archived => return Ok(Taken::Archived),
            }
        }
    };
    let origin = Origin { channel: message.channel, provider_id };
    for incoming in parts(message, contact, other_address, origin) {
        receive_from_service(conn, &incoming)?;
    }
    Ok(Taken::Written(contact))
}

/// A customer may answer from an address that we do not know. Then the message that they answer says which contact wrote.
/// Locks the contact.
///
/// The address does not become the contact's: whoever gets our mail forwarded can answer it, and later messages must not
/// go to them. `None` if the contact is archived or anonymised: then a new customer wrote.
fn answered_contact(
    conn: &mut PgConnection,
    message: &ChannelMessage,
    identities: &[Identity],
) -> Result<Option<ContactId>> {
    if message.answers.is_empty() || !contacts_of(conn, message.channel, identities)?.is_empty() {
        return Ok(None);
    }
    let asked = |conn: &mut PgConnection| queries::contact_of_answer(conn, message.channel, &message.answers);
    let mut found = asked(conn)?;
    while let Some(contact) = found {
        if lock(conn, contact)?.is_some() {
            return Ok(Some(contact));
        }
        // It may have been merged into another contact before the lock.
        let now = asked(conn)?;
        if now == found {
            return Ok(None);
        }
        found = now;
    }
    Ok(None)
}

/// The entries of the thread. Only the first one has the service's id and the quotation.
fn parts(
    message: &ChannelMessage,
    contact: ContactId,
    other_address: Option<&str>,
    origin: Origin,
) -> Vec<IncomingMessage> {
    let mut files: Vec<&[IncomingFile]> = message.files.chunks(MAX_FILES).collect();
    let mut texts = split(&whole_text(message, other_address), BODY_LIMIT);
    if texts.is_empty() && files.is_empty() {
        texts.push(WITHOUT_TEXT.to_owned());
    }
    let mut entries: Vec<(Body, &[IncomingFile])> =
        texts.iter().filter_map(|text| Body::parse(text).ok()).map(|body| (body, &[][..])).collect();
    // The first files stand below the last text.
    if let Some(last) = entries.last_mut()
        && !files.is_empty()
    {
        last.1 = files.remove(0);
    }
    entries.extend(files.into_iter().map(|files| (Body::without_text(), files)));
    let mut origin = Some((origin, without_nul_or_cr(&message.quoted)));
    let incoming = entries.into_iter().map(|(body, files)| {
        let (origin, quoted) = origin.take().unzip();
        IncomingMessage {
            contact,
            body,
            client_key: None,
            ip: String::new(),
            origin,
            quoted: quoted.unwrap_or_default(),
            files: files.to_vec(),
        }
    });
    incoming.collect()
}

/// The text; above it who wrote, if that is not the contact's address, and below it what happened to files that were
/// refused.
fn whole_text(message: &ChannelMessage, other_address: Option<&str>) -> String {
    let text = without_nul_or_cr(&message.text);
    let text = match text.trim() {
        // The address above it must not hide that the text is missing.
        "" if other_address.is_some() && message.files.is_empty() => WITHOUT_TEXT,
        text => text,
    };
    let other = other_address.map(|address| format!("[Respondeu de outro endereço: {address}]"));
    let refused = message.refused_files.iter().map(|sentence| format!("[Arquivo não recebido: {sentence}]"));
    let parts: Vec<String> = other.into_iter().chain([text.to_owned()]).chain(refused).collect();
    parts.join("\n\n").trim().to_owned()
}

fn without_nul_or_cr(text: &str) -> String {
    text.replace("\r\n", "\n").replace(['\0', '\r'], "")
}

fn without_nul(identity: &Identity) -> Identity {
    Identity { kind: identity.kind, value: identity.value.replace('\0', "") }
}

/// A name as pages show it.
fn one_line(name: &str) -> String {
    let visible: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

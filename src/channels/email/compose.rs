//! Writes the mail of a message.

use std::time::SystemTime;

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, InReplyTo, References,
};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};

use super::ids::MailIds;
use super::settings::EmailSettings;
use crate::channels::transport::Outgoing;
use crate::files::FileName;

/// Maximum characters of a name or a subject.
const LONGEST_LINE: usize = 200;

/// A mail that is ready to be sent.
#[derive(Debug)]
pub struct Mail {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

/// A file with its bytes.
pub struct MailFile {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Writes the mail.
///
/// # Errors
/// A sentence in Portuguese if one of the addresses is not valid.
pub fn compose(
    outgoing: &Outgoing,
    files: Vec<MailFile>,
    settings: &EmailSettings,
    ids: &MailIds,
) -> Result<Mail, String> {
    let from = address(&settings.address)?;
    let to = address(&outgoing.to.value)?;
    let company = one_line(&outgoing.company);
    let sender = match &outgoing.author {
        Some(author) => format!("{} ({company})", one_line(author)),
        None => company.clone(),
    };
    let mut builder = Message::builder()
        .from(Mailbox::new(some(&sender), from.clone()))
        .to(Mailbox::new(some(&one_line(&outgoing.contact)), to.clone()))
        .subject(subject(&company, outgoing.protocol))
        .date(SystemTime::from(outgoing.written_at))
        .message_id(Some(format!("<{}>", ids.message_id(outgoing.message))));
    let earlier: Vec<String> =
        outgoing.earlier.iter().filter(|id| is_message_id(id)).map(|id| format!("<{id}>")).collect();
    if let Some(last) = earlier.last() {
        builder = builder.header(InReplyTo::from(last.clone())).header(References::from(earlier.join(" ")));
    }
    if settings.has_subaddresses()
        && let Some(reply_to) = ids.reply_address(&settings.address, outgoing.message)
    {
        builder = builder.reply_to(Mailbox::new(some(&sender), address(&reply_to)?));
    }
    // A person wrote it if it has an author. Vacation programs do not answer scheduled messages.
    if outgoing.author.is_none() {
        builder = builder.header(AutoSubmitted);
    }
    let text = SinglePart::plain(outgoing.body.clone());
    let message = if files.is_empty() {
        builder.singlepart(text)
    } else {
        builder.multipart(
            files
                .into_iter()
                .map(attachment)
                .fold(MultiPart::mixed().singlepart(text), MultiPart::singlepart),
        )
    };
    let message = message.map_err(|error| format!("o e-mail não pôde ser escrito: {error}"))?;
    Ok(Mail { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// The same for all mails of a ticket, so that programs show them as one conversation.
fn subject(company: &str, protocol: i64) -> String {
    format!("{company}: atendimento {protocol}")
}

/// Always in Base64, so that no server on the way changes a byte.
fn attachment(file: MailFile) -> SinglePart {
    let kind =
        ContentType::parse(&file.media_type).or_else(|_| ContentType::parse("application/octet-stream"));
    let body = Body::new_with_encoding(file.bytes, ContentTransferEncoding::Base64).unwrap_or_else(Body::new);
    Attachment::new(FileName::of(&file.name).as_str().to_owned())
        .body(body, kind.unwrap_or(ContentType::TEXT_PLAIN))
}

/// An address as servers take it: the domain in punycode.
fn address(text: &str) -> Result<Address, String> {
    let wrong = || format!("o endereço {} não é um e-mail válido", one_line(text));
    let (local, domain) = text.trim().rsplit_once('@').ok_or_else(wrong)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| wrong())?;
    Address::new(local, domain).map_err(|_| wrong())
}

/// Text for a header: one line without control characters.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_LINE).collect()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether the id may be written in a header. Ids of customers' mails are theirs to choose.
fn is_message_id(id: &str) -> bool {
    let is_of_id = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
    id.contains('@') && id.len() <= 250 && id.chars().all(is_of_id)
}

/// `Auto-Submitted: auto-generated` (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::super::ids::tests::options;
    use super::*;
    use crate::channels::IdentityKind;
    use crate::channels::transport::Address as To;
    use crate::ids::{ChannelId, MessageId};

    pub fn outgoing() -> Outgoing {
        Outgoing {
            message: MessageId(12),
            channel: ChannelId(3),
            to: To { kind: IdentityKind::Email, value: "raul@pão.example".to_owned() },
            contact: "Raul".to_owned(),
            author: Some("Ana Prado".to_owned()),
            department: "Vendas".to_owned(),
            company: "Padaria São João".to_owned(),
            protocol: 77,
            body: "Olá, Raul!\nSegue a proposta.\n.\n".to_owned(),
            files: Vec::new(),
            written_at: "2026-11-30T12:00:00Z".parse().unwrap(),
            earlier: vec!["a@b.example".to_owned(), "evil> \r\nBcc: x@y.example".to_owned()],
        }
    }

    pub fn settings() -> EmailSettings {
        EmailSettings {
            address: "contato@padaria.example".to_owned(),
            smtp_host: "smtp.gmail.com".to_owned(),
            ..EmailSettings::default()
        }
    }

    fn written(outgoing: &Outgoing, files: Vec<MailFile>) -> (Mail, String) {
        let mail = compose(outgoing, files, &settings(), &MailIds::new(ChannelId(3), &options())).unwrap();
        let text = String::from_utf8(mail.bytes.clone()).unwrap();
        (mail, text)
    }

    #[test]
    fn a_mail_names_its_sender_its_ticket_and_what_it_answers() {
        let (mail, text) = written(&outgoing(), Vec::new());
        let read = MessageParser::default().parse(&mail.bytes).unwrap();
        let from = read.from().unwrap().first().unwrap();
        assert_eq!(from.name(), Some("Ana Prado (Padaria São João)"));
        assert_eq!(from.address(), Some("contato@padaria.example"));
        assert_eq!(read.to().unwrap().first().unwrap().address(), Some("raul@xn--po-sia.example"));
        assert_eq!(read.subject(), Some("Padaria São João: atendimento 77"));
        let ids = MailIds::new(ChannelId(3), &options());
        assert_eq!(read.message_id(), Some(ids.message_id(MessageId(12)).as_str()));
        assert_eq!(read.in_reply_to().as_text(), Some("a@b.example"));
        assert_eq!(read.references().as_text(), Some("a@b.example"));
        assert!(read.reply_to().unwrap().first().unwrap().address().unwrap().starts_with("contato+tc-"));
        assert!(text.contains("Date: Mon, 30 Nov 2026 12:00:00 "), "{text}");
        assert!(!text.contains("Auto-Submitted"));
        assert_eq!(
            read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
            outgoing().body.trim_end(),
            "{text}"
        );
        assert!(text.is_ascii());
    }

    #[test]
    fn a_scheduled_mail_says_that_it_is_automatic() {
        let (_, text) = written(&Outgoing { author: None, ..outgoing() }, Vec::new());
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
    }

    #[test]
    fn no_text_can_add_a_header() {
        let evil = "x\r\nBcc: victim@example.com\r\n\r\nhi\0";
        let outgoing = Outgoing {
            contact: evil.to_owned(),
            author: Some(evil.to_owned()),
            company: evil.to_owned(),
            ..outgoing()
        };
        let file = MailFile {
            name: format!("{evil}\".pdf"),
            media_type: "application/pdf\r\nX-Evil: 1".to_owned(),
            bytes: vec![1],
        };
        let (mail, text) = written(&outgoing, vec![file]);
        for line in text.lines() {
            let lower = line.to_ascii_lowercase();
            assert!(!lower.starts_with("bcc:") && !lower.starts_with("x-evil:"), "{text}");
        }
        assert!(!text.contains('\0'));
        assert_eq!(mail.envelope.to().len(), 1);
        assert_eq!(MessageParser::default().parse(&mail.bytes).unwrap().attachment_count(), 1);
        for address in ["a\r\nb@c.example", "a@b\r\nc.example", "a@b.example>\r\nRCPT TO:<x@y.example", ""] {
            let to = To { kind: IdentityKind::Email, value: address.to_owned() };
            let outgoing = Outgoing { to, ..outgoing.clone() };
            let ids = MailIds::new(ChannelId(3), &options());
            assert!(compose(&outgoing, Vec::new(), &settings(), &ids).is_err(), "{address:?}");
        }
    }

    #[test]
    fn files_arrive_byte_for_byte_with_their_names() {
        let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        let text = b"linha\nsem fim\r\n.\r\nFrom x\n".to_vec();
        let long = format!("{}é longo.pdf", "Orçamento ".repeat(9));
        let files = vec![
            MailFile { name: long.clone(), media_type: "application/pdf".into(), bytes: all.clone() },
            MailFile { name: "notas.txt".into(), media_type: "text/plain".into(), bytes: text },
        ];
        let (mail, written) = written(&outgoing(), files);
        let read = MessageParser::default().parse(&mail.bytes).unwrap();
        let first = read.attachment(0).unwrap();
        assert_eq!(first.attachment_name(), Some(long.as_str()));
        assert_eq!(first.contents(), all);
        assert_eq!(read.attachment(1).unwrap().contents(), b"linha\nsem fim\r\n.\r\nFrom x\n");
        assert!(written.lines().all(|line| line.len() <= 998));
    }
}

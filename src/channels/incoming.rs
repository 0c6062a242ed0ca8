//! Says in a few words what an incoming message is that could not be taken.

use mail_parser::MessageParser;

use super::ChannelKind;
use super::queries::Unread;

/// Maximum characters that are shown.
const LONGEST: usize = 120;

/// The sender and subject of a mail, the type of an event; else the service's id.
pub fn title(kind: ChannelKind, unread: &Unread) -> String {
    let title = match kind {
        ChannelKind::Email => mail(&unread.beginning),
        _ => event(&unread.beginning),
    };
    let title = title.unwrap_or_else(|| format!("Mensagem {}", unread.provider_id));
    let readable = |c: char| if c.is_control() { ' ' } else { c };
    title.chars().take(LONGEST).map(readable).collect()
}

fn mail(beginning: &[u8]) -> Option<String> {
    let mail = MessageParser::default().parse_headers(beginning)?;
    let sender = mail.from().and_then(|from| from.first()).and_then(|from| from.address());
    match (sender, mail.subject()) {
        (Some(sender), Some(subject)) => Some(format!("{sender}: {subject}")),
        (Some(text), None) | (None, Some(text)) => Some(text.to_owned()),
        (None, None) => None,
    }
}

fn event(beginning: &[u8]) -> Option<String> {
    let event: serde_json::Value = serde_json::from_slice(beginning).ok()?;
    event.get("type")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::ids::InboxId;

    fn shown(kind: ChannelKind, beginning: &str) -> String {
        let unread = Unread {
            id: InboxId(1),
            received_at: DateTime::UNIX_EPOCH,
            provider_id: "abc".into(),
            problem: String::new(),
            beginning: beginning.into(),
        };
        title(kind, &unread)
    }

    #[test]
    fn a_message_is_named_by_what_it_says_of_itself() {
        let mail = "From: Ana <ana@casa.example>\r\nSubject: =?utf-8?Q?Or=C3=A7amento?=\r\n\r\nOi";
        assert_eq!(shown(ChannelKind::Email, mail), "ana@casa.example: Orçamento");
        assert_eq!(shown(ChannelKind::Webhook, r#"{"type":"message.created"}"#), "message.created");
        assert_eq!(shown(ChannelKind::Webhook, "<html>"), "Mensagem abc");
    }
}

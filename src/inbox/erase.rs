//! Erases what an anonymised customer sent and nobody has taken.

use diesel::pg::PgConnection;

use super::queries::{self, Untaken};
use crate::channels::{ChannelKind, email, webhook};
use crate::contacts::identities::Identity;
use crate::error::Result;
use crate::ids::ContactId;

/// Shorter ids occur in too many texts to prove anything.
const SHORTEST_PROOF: usize = 6;

/// Erases the rows that the contact sent: those that wait, and those with a problem. Their ids stay, so that a repetition is
/// not taken either. Call it before the contact is locked: whoever takes a row locks the row first.
pub fn erase_untaken(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    let known = queries::identities_by_channel(conn, contact)?;
    for row in queries::untaken(conn, contact)? {
        let of_channel: Vec<&Identity> =
            known.iter().filter(|(channel, _)| *channel == row.channel_id).map(|(_, it)| it).collect();
        let Some(payload) = queries::payload(conn, row.id)? else { continue };
        if is_from(&row, &payload, &of_channel) {
            queries::erase(conn, row.id)?;
        }
    }
    Ok(())
}

/// Whether one of `known` sent the payload. If the sender cannot be read, whether it names one of them.
fn is_from(row: &Untaken, payload: &[u8], known: &[&Identity]) -> bool {
    let sender = match row.kind {
        ChannelKind::Email => email::sender(payload),
        ChannelKind::Webhook => webhook::sender(payload),
        ChannelKind::WebChat | ChannelKind::Whatsapp | ChannelKind::Telegram => None,
    };
    match sender {
        Some(sender) => known.iter().any(|identity| identity.value == sender),
        None => known.iter().any(|identity| names(payload, &identity.value)),
    }
}

fn names(payload: &[u8], value: &str) -> bool {
    let value = value.trim_start_matches('+').as_bytes();
    value.len() >= SHORTEST_PROOF && payload.windows(value.len()).any(|part| part.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::IdentityKind;
    use crate::ids::{ChannelId, InboxId};

    fn sent(kind: ChannelKind, payload: &str, value: &str) -> bool {
        let row = Untaken { id: InboxId(1), channel_id: ChannelId(1), kind };
        is_from(
            &row,
            payload.as_bytes(),
            &[&Identity { kind: IdentityKind::External, value: value.to_owned() }],
        )
    }

    #[test]
    fn what_a_customer_sent_is_told_from_what_names_them() {
        let event = |from: &str| {
            format!(
                r#"{{"type":"message.created","data":{{"from":{{"id":"{from}"}},"text":"Fale com marta-7"}}}}"#
            )
        };
        assert!(sent(ChannelKind::Webhook, &event("marta-7"), "marta-7"));
        assert!(sent(ChannelKind::Webhook, &event(r"jo\u00e3o-7"), "joão-7"));
        assert!(!sent(ChannelKind::Webhook, &event("raul-8"), "marta-7"));
        let mail = "From: \"Raul, o grande\" <Raul@Empresa.example>\r\nSubject: x\r\n\r\nmarta@casa.example";
        assert!(sent(ChannelKind::Email, mail, "raul@empresa.example"));
        assert!(!sent(ChannelKind::Email, mail, "marta@casa.example"));
    }

    #[test]
    fn what_cannot_be_read_counts_if_it_names_the_customer() {
        assert!(sent(ChannelKind::Webhook, r#"{"from": "Marta-7", "#, "marta-7"));
        assert!(sent(ChannelKind::Whatsapp, "5511988887777", "+5511988887777"));
        assert!(!sent(ChannelKind::Webhook, "no json 7", "7"), "a short id proves nothing");
        assert!(!sent(ChannelKind::Email, "", "marta@casa.example"));
    }
}

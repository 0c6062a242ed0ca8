//! The ids by which replies find their message: the Message-ID and the token in Reply-To.

use std::sync::Arc;

use crate::channels::TransportOptions;
use crate::ids::{ChannelId, MessageId};
use crate::keys::Key;

/// Maximum length of the part of an address before the `@` (RFC 5321, 4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;

/// Makes and reads the ids of one channel's mails. Without the installation's key nobody can guess them.
#[derive(Clone)]
pub struct MailIds {
    channel: ChannelId,
    host: String,
    key: Arc<Key>,
}

impl MailIds {
    pub fn new(channel: ChannelId, options: &TransportOptions) -> Self {
        let host = match options.host.parse::<std::net::IpAddr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => options.host.clone(),
        };
        Self { channel, host, key: options.key.clone() }
    }

    /// The Message-ID of a message, without angle brackets. The same in every attempt.
    pub fn message_id(&self, message: MessageId) -> String {
        format!("{}@{}", hex::encode(&self.tag(b"message-id", message)[..16]), self.host)
    }

    /// The address for replies that names the message. `None` if the address has a `+` already or would be too long.
    pub fn reply_address(&self, address: &str, message: MessageId) -> Option<String> {
        let (local, domain) = address.rsplit_once('@')?;
        let token = format!("t{:x}-{}", message.0, self.token_tag(message));
        let fits = local.len() + 1 + token.len() <= LONGEST_LOCAL_PART;
        (fits && !local.contains('+')).then(|| format!("{local}+{token}@{domain}"))
    }

    /// The message that an address of `reply_address` names.
    pub fn message_of(&self, address: &str) -> Option<MessageId> {
        let (local, _) = address.rsplit_once('@')?;
        let (_, token) = local.rsplit_once('+')?;
        let token = token.to_ascii_lowercase();
        let (number, tag) = token.strip_prefix('t')?.split_once('-')?;
        let message = MessageId(i64::from_str_radix(number, 16).ok()?);
        (self.token_tag(message) == tag).then_some(message)
    }

    fn token_tag(&self, message: MessageId) -> String {
        hex::encode(&self.tag(b"reply-to", message)[..8])
    }

    fn tag(&self, purpose: &[u8], message: MessageId) -> [u8; 32] {
        self.key.tag(&[purpose, &self.channel.0.to_be_bytes(), &message.0.to_be_bytes()])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::channels::SecretCipher;
    use crate::channels::TimeLimits;
    use crate::channels::email::RenewedTokens;
    use crate::db::Db;
    use crate::keys::Keys;

    /// Without a database: renewed tokens can neither be read nor stored.
    pub fn options() -> TransportOptions {
        let keys = Keys::new("a secret");
        let db = Db::new("postgres://127.0.0.1:1/none", 1);
        TransportOptions {
            allows_private_addresses: true,
            host: "pontual.example".to_owned(),
            base: "https://pontual.example".to_owned(),
            key: Arc::new(keys.key("transports")),
            renewed_tokens: RenewedTokens::new(db, SecretCipher::new(&keys.key("channel secrets"))),
            time_limits: TimeLimits::default(),
        }
    }

    #[test]
    fn the_reply_address_names_its_message_and_cannot_be_guessed() {
        let ids = MailIds::new(ChannelId(3), &options());
        let address = ids.reply_address("contato@empresa.example", MessageId(4711)).unwrap();
        assert!(address.starts_with("contato+t1267-") && address.ends_with("@empresa.example"), "{address}");
        assert_eq!(ids.message_of(&address), Some(MessageId(4711)));
        assert_eq!(ids.message_of(&address.to_uppercase()), Some(MessageId(4711)));
        assert_eq!(ids.message_of(&address.replace("t1267", "t1268")), None);
        assert_eq!(MailIds::new(ChannelId(4), &options()).message_of(&address), None);
        for other in ["contato@empresa.example", "contato+t1@empresa.example", "", "+t-@"] {
            assert_eq!(ids.message_of(other), None, "{other}");
        }
    }

    #[test]
    fn an_address_with_a_plus_or_without_room_gets_no_token() {
        let ids = MailIds::new(ChannelId(3), &options());
        assert_eq!(ids.reply_address("a+b@c.example", MessageId(1)), None);
        assert_eq!(ids.reply_address(&format!("{}@c.example", "x".repeat(60)), MessageId(1)), None);
    }

    #[test]
    fn the_message_id_is_always_the_same() {
        let ids = MailIds::new(ChannelId(3), &options());
        let id = ids.message_id(MessageId(9));
        assert_eq!(id, ids.message_id(MessageId(9)));
        assert_ne!(id, ids.message_id(MessageId(10)));
        assert!(id.ends_with("@pontual.example") && id.len() == 32 + 16, "{id}");
    }
}

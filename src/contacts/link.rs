//! The customer's link: an HMAC over the contact's id and its link version. The link can be shown again at any
//! time. Raising the version revokes it. Each browser exchanges the link for a cookie (see
//! `conversations::chat`).

use crate::ids::ContactId;
use crate::keys::Key;

/// SQL condition: the link of contact `c` opens a page, because one of its identities is on an active web chat.
pub const HAS_CHAT: &str = "(c.archived_at IS NULL
    AND EXISTS (SELECT FROM contact_identities chat JOIN channels web ON web.id = chat.channel_id
                 WHERE chat.contact_id = c.id AND chat.kind = 'chat'
                   AND web.kind = 'web_chat' AND web.deactivated_at IS NULL))";

/// Bytes of the HMAC in the link (128 bits).
const TAG_BYTES: usize = 16;

/// Makes and reads customers' links.
#[derive(Clone)]
pub struct Links {
    key: Key,
}

impl Links {
    pub fn new(key: Key) -> Self {
        Self { key }
    }

    /// The path of a contact's chat page. It works only for browsers that have the contact's cookie.
    pub fn page(contact: ContactId) -> String {
        format!("/c/{contact}")
    }

    /// The path of a contact's link for one link version.
    pub fn path(&self, contact: ContactId, version: i32) -> String {
        format!("/c/{}", self.token(contact, version))
    }

    /// `<contact>-<32 hex digits>`.
    pub fn token(&self, contact: ContactId, version: i32) -> String {
        format!("{contact}-{}", hex::encode(&self.tag(contact, version)[..TAG_BYTES]))
    }

    /// The contact that a token names. The caller must still check the token with [`Links::is_valid`].
    pub fn contact_of(token: &str) -> Option<ContactId> {
        let (contact, _) = token.split_once('-')?;
        contact.parse().ok()
    }

    /// Whether `token` is the link of this contact in this version.
    pub fn is_valid(&self, token: &str, contact: ContactId, version: i32) -> bool {
        use subtle::ConstantTimeEq;
        self.token(contact, version).as_bytes().ct_eq(token.as_bytes()).into()
    }

    fn tag(&self, contact: ContactId, version: i32) -> [u8; 32] {
        self.key.tag(&[&contact.0.to_be_bytes(), &version.to_be_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    #[test]
    fn a_raised_version_revokes_the_link() {
        let links = Links::new(Keys::new("secret").key("links"));
        let token = links.token(ContactId(7), 1);
        assert_eq!(Links::contact_of(&token), Some(ContactId(7)));
        assert!(links.is_valid(&token, ContactId(7), 1));
        assert!(!links.is_valid(&token, ContactId(7), 2));
        assert!(!links.is_valid(&token.replace("7-", "8-"), ContactId(8), 1));
    }
}

//! The kinds of channels and of identities.

use crate::text_enum;

text_enum! {
    /// The kind of a channel. It decides what a contact's address on the channel is.
    pub enum ChannelKind {
        /// The address is a random id. The customer signs in with the link.
        WebChat = "web_chat",
        Email = "email",
        Whatsapp = "whatsapp",
        /// The channel gives the address with the customer's first message. The same is true of `Webhook`.
        Telegram = "telegram",
        Webhook = "webhook",
    }
}

text_enum! {
    /// How a contact is known on a channel.
    pub enum IdentityKind {
        Chat = "chat",
        Email = "email",
        Phone = "phone",
        /// An id that the other side of a webhook chose.
        External = "external",
        /// WhatsApp's id of a person for one company, and of its group of companies. Never changed.
        Bsuid = "bsuid",
        ParentBsuid = "parent_bsuid",
        /// WhatsApp's id of a person who hides their number.
        Lid = "lid",
        Telegram = "telegram",
    }
}

impl ChannelKind {
    pub fn label(self) -> &'static str {
        match self {
            Self::WebChat => "Chat do site",
            Self::Email => "E-mail",
            Self::Whatsapp => "WhatsApp",
            Self::Telegram => "Telegram",
            Self::Webhook => "Webhook",
        }
    }

    /// Whether messages are handed over to a service. On the web chat, the message is its own delivery.
    pub fn hands_over(self) -> bool {
        self != Self::WebChat
    }

    /// The kind of the identity by which a channel of this kind sends.
    pub fn identity(self) -> IdentityKind {
        match self {
            Self::WebChat => IdentityKind::Chat,
            Self::Email => IdentityKind::Email,
            Self::Whatsapp => IdentityKind::Phone,
            Self::Telegram => IdentityKind::Telegram,
            Self::Webhook => IdentityKind::External,
        }
    }
}

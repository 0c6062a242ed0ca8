//! A contact's identities, in words.

use crate::auth::Account;
use crate::channels::IdentityKind;
use crate::contacts::display;
use crate::contacts::identities::queries::ContactIdentity;

/// One identity on the contact's page.
pub struct IdentityRow {
    pub kind: &'static str,
    /// Empty on the web chat: nobody can read its random id.
    pub value: String,
    pub channel: String,
    /// When the customer last wrote, and when a message last arrived.
    pub uses: Vec<String>,
}

impl IdentityRow {
    pub fn new(viewer: &Account, identity: ContactIdentity) -> Self {
        let (seen, worked) = (identity.seen_at, identity.worked_at);
        Self {
            kind: label(identity.kind),
            value: match identity.kind {
                IdentityKind::Chat => String::new(),
                IdentityKind::Phone => display::phone(&identity.value),
                _ => identity.value,
            },
            channel: identity.channel,
            uses: seen
                .map(|at| format!("Cliente escreveu em {}", viewer.zone.date_time(at)))
                .into_iter()
                .chain(worked.map(|at| format!("Mensagem chegou em {}", viewer.zone.date_time(at))))
                .collect(),
        }
    }
}

fn label(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::Chat => "Chat do site",
        IdentityKind::Email => "E-mail",
        IdentityKind::Phone => "Telefone",
        IdentityKind::External => "Código externo",
        IdentityKind::Bsuid | IdentityKind::ParentBsuid | IdentityKind::Lid => "Código do WhatsApp",
        IdentityKind::Telegram => "Telegram",
    }
}

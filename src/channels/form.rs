//! The form of a channel: a part that all kinds have, and a part for each kind.

mod email;
mod host;
mod web_chat;
mod webhook;

pub use email::{EmailFields, EmailSignIn, security_label};
pub use web_chat::{WebChatDraft, WebChatFields, colour_name};
pub use webhook::WebhookFields;

use super::email::EmailSettings;
use super::queries::Channel;
use super::stored::StoredChannel;
use super::webhook::WebhookSettings;
use super::{ChannelKind, Secrets};
use crate::error::{Error, Result};
use crate::ids::DepartmentId;
use crate::refusal::{FieldErrors, Snapshot};
use crate::text::has_control_characters;
use crate::web::Fields;

/// The kinds that one may create.
pub const OFFERED: [ChannelKind; 3] = [ChannelKind::WebChat, ChannelKind::Email, ChannelKind::Webhook];

/// The fields as typed.
#[derive(Clone, Debug)]
pub struct ChannelFields {
    pub version: String,
    pub name: String,
    pub department_id: String,
    pub kind: KindFields,
}

/// The fields of a kind as typed.
#[derive(Clone, Debug)]
pub enum KindFields {
    WebChat(WebChatFields),
    Email(Box<EmailFields>),
    Webhook(WebhookFields),
}

/// Valid fields of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelDraft {
    pub name: String,
    pub department: DepartmentId,
    pub kind: KindDraft,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KindDraft {
    WebChat(WebChatDraft),
    Email(EmailSettings),
    Webhook(WebhookSettings),
}

/// What the fields are checked against.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The departments that may be chosen.
    pub active: &'a [DepartmentId],
    /// The secrets that the channel has already, and its settings.
    pub secrets: &'a Secrets,
    pub stored: Option<&'a ChannelDraft>,
    pub allows_private_addresses: bool,
}

impl ChannelFields {
    /// The fields of a new channel.
    ///
    /// # Errors
    /// `NotFound` if the kind is not offered.
    pub fn new(kind: ChannelKind) -> Result<Self> {
        let kind = match kind {
            ChannelKind::WebChat => KindFields::WebChat(WebChatFields::new()),
            ChannelKind::Email => KindFields::Email(Box::new(EmailFields::new())),
            ChannelKind::Webhook => KindFields::Webhook(WebhookFields::default()),
            ChannelKind::Whatsapp | ChannelKind::Telegram => return Err(Error::NotFound),
        };
        Ok(Self { version: String::new(), name: String::new(), department_id: String::new(), kind })
    }

    /// # Errors
    /// `NotFound` if the kind is not offered.
    pub fn read(fields: &Fields, kind: ChannelKind) -> Result<Self> {
        let kind = match kind {
            ChannelKind::WebChat => KindFields::WebChat(WebChatFields::read(fields)),
            ChannelKind::Email => KindFields::Email(Box::new(EmailFields::read(fields))),
            ChannelKind::Webhook => KindFields::Webhook(WebhookFields::read(fields)),
            ChannelKind::Whatsapp | ChannelKind::Telegram => return Err(Error::NotFound),
        };
        let text = |name: &str| fields.get(name).to_owned();
        Ok(Self { version: text("version"), name: text("name"), department_id: text("department_id"), kind })
    }

    pub fn of(stored: &StoredChannel) -> Result<Self> {
        let draft = stored.draft()?;
        let version = snapshot(stored)?.version();
        let kind = match &draft.kind {
            KindDraft::WebChat(draft) => KindFields::WebChat(WebChatFields::of(draft)),
            KindDraft::Email(settings) => {
                KindFields::Email(Box::new(EmailFields::of(settings, &stored.secrets)))
            }
            KindDraft::Webhook(settings) => KindFields::Webhook(WebhookFields { url: settings.url.clone() }),
        };
        Ok(Self { version, name: draft.name, department_id: draft.department.to_string(), kind })
    }

    /// The valid fields, and the secrets that the channel then has.
    pub fn parse(&self, facts: Facts<'_>) -> std::result::Result<(ChannelDraft, Secrets), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.trim();
        if name.is_empty() || has_control_characters(name) {
            errors.add("name", "Informe o nome da conexão.");
        } else if name.chars().count() > 60 {
            errors.add("name", "Use até 60 caracteres.");
        }
        let department = self.department_id.parse().ok().filter(|id| facts.active.contains(id));
        if department.is_none() {
            errors.add("department_id", "Selecione o departamento.");
        }
        let mut secrets = facts.secrets.clone();
        let kind = match &self.kind {
            KindFields::WebChat(fields) => fields.parse(&mut errors).map(KindDraft::WebChat),
            KindFields::Email(fields) => {
                let stored = match facts.stored.map(|draft| &draft.kind) {
                    Some(KindDraft::Email(settings)) => Some(settings),
                    _ => None,
                };
                let allows_private = facts.allows_private_addresses;
                fields.parse(&mut errors, &mut secrets, stored, allows_private).map(KindDraft::Email)
            }
            KindFields::Webhook(fields) => {
                fields.parse(&mut errors, facts.allows_private_addresses).map(KindDraft::Webhook)
            }
        };
        match (department, kind, errors.is_empty()) {
            (Some(department), Some(kind), true) => {
                Ok((ChannelDraft { name: name.into(), department, kind }, secrets))
            }
            _ => Err(errors),
        }
    }
}

impl ChannelDraft {
    /// Names of the fields that differ, for the audit.
    pub fn changed_fields(&self, other: &Self) -> Vec<&'static str> {
        let mut changed = differing([
            ("name", self.name != other.name),
            ("department_id", self.department != other.department),
        ]);
        changed.extend(match (&self.kind, &other.kind) {
            (KindDraft::WebChat(new), KindDraft::WebChat(old)) => new.changed_fields(old),
            (KindDraft::Email(new), KindDraft::Email(old)) => email::changed_fields(new, old),
            (KindDraft::Webhook(new), KindDraft::Webhook(old)) => differing([("url", new.url != old.url)]),
            _ => Vec::new(),
        });
        changed
    }
}

/// The names of the fields that differ.
fn differing<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect()
}

/// The channel in the words of its form. A secret is never part of it, only whether one has changed.
pub fn snapshot(stored: &StoredChannel) -> Result<Snapshot> {
    let Channel { name, department_id, department, .. } = &stored.channel;
    let common = Snapshot::default().text("name", "Nome", name).choice(
        "department_id",
        "Departamento padrão",
        department_id,
        department,
    );
    let of_kind = match stored.draft()?.kind {
        KindDraft::WebChat(draft) => web_chat::snapshot(common, &draft),
        KindDraft::Email(settings) => email::snapshot(common, &settings, &stored.secrets),
        KindDraft::Webhook(settings) => common.text("url", "Endereço", &settings.url),
    };
    Ok(match stored.channel.kind.hands_over() {
        true => of_kind.choice("secrets", "Senhas", stored.secrets_version(), "Alteradas"),
        false => of_kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_reported() {
        let typed = Fields::from([("palette", "other"), ("colour", "#fff000")]);
        let typed = ChannelFields::read(&typed, ChannelKind::WebChat).unwrap();
        let facts = Facts {
            active: &[DepartmentId(1)],
            secrets: &Secrets::default(),
            stored: None,
            allows_private_addresses: false,
        };
        let errors = typed.parse(facts).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["name", "department_id", "colour"]);
    }
}

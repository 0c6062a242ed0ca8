//! Creates and changes channels.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::{ChannelFields, Facts, snapshot};
use super::rotate::new_secret;
use super::stored::StoredChannel;
use super::webhook::SECRET;
use super::{ChannelKind, SecretCipher, Secrets, queries};
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::departments::self_access;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::live::{self, Event};
use crate::refusal::{FieldErrors, Refusal, StaleEdit};

/// What saving needs besides the form.
#[derive(Clone)]
pub struct Saving {
    pub by: Account,
    pub cipher: SecretCipher,
    pub allows_private_addresses: bool,
}

/// A channel that was created.
#[derive(Clone, Debug)]
pub struct Created {
    pub id: ChannelId,
    /// The secret that signs a webhook's messages. It is shown this once.
    pub secret: Option<String>,
}

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn create(
    conn: &mut PgConnection,
    saving: &Saving,
    kind: ChannelKind,
    typed: &ChannelFields,
) -> Result<Result<Created, FieldErrors>> {
    let active = queries::lock_active_departments(conn)?;
    let facts = Facts {
        active: &active,
        secrets: &Secrets::default(),
        stored: None,
        allows_private_addresses: saving.allows_private_addresses,
    };
    let (draft, mut secrets) = match typed.parse(facts) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(Err(errors)),
    };
    let secret = (kind == ChannelKind::Webhook).then(new_secret);
    if let Some(secret) = &secret {
        secrets.set(SECRET, secret.clone());
    }
    let id = queries::insert(conn, kind, &draft)?;
    if kind.hands_over() {
        queries::set_secrets(conn, id, &secrets, &saving.cipher)?;
    }
    audit::record(conn, &Entry::of(Action::ChannelCreated).by(&saving.by).about(Some(id.0)))?;
    Ok(Ok(Created { id, secret }))
}

/// `read` reads what was typed for the kind of the channel, which never changes.
///
/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn update(
    conn: &mut PgConnection,
    saving: &Saving,
    id: ChannelId,
    read: impl Fn(ChannelKind) -> Result<ChannelFields>,
) -> Result<Result<(), Refusal>> {
    let by = &saving.by;
    let stored = StoredChannel::open(queries::find_for_update(conn, id)?, &saving.cipher);
    let (channel, old) = (&stored.channel, stored.draft()?);
    let typed = read(channel.kind)?;
    let active = queries::lock_active_departments(conn)?;
    let facts = Facts {
        active: &active,
        secrets: &stored.secrets,
        stored: Some(&old),
        allows_private_addresses: saving.allows_private_addresses,
    };
    let (draft, secrets) = match typed.parse(facts) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let changed_secrets = secrets.changed_names(&stored.secrets);
    let mut fields = draft.changed_fields(&old);
    fields.extend(&changed_secrets);
    if fields.is_empty() {
        return Ok(Ok(()));
    }
    let now = snapshot(&stored)?;
    if now.has_changed_since(&typed.version) {
        let edited = [Action::ChannelCreated, Action::ChannelEdited, Action::ChannelRedirected];
        let last = audit::newest_about(conn, &edited, id.0, 1)?.pop();
        return Ok(Err(StaleEdit::new(&typed.version, &now, last).into()));
    }
    if draft.department != channel.department_id
        && !self_access::may_send_work(conn, by, channel.department_id, draft.department)?
    {
        let mut errors = FieldErrors::default();
        errors.add(
            "department_id",
            "Você atende este departamento e passaria a ver conversas que hoje não vê. Peça a outra pessoa para mudar.",
        );
        return Ok(Err(errors.into()));
    }
    queries::update(conn, id, &draft)?;
    if !changed_secrets.is_empty() {
        queries::set_secrets(conn, id, &secrets, &saving.cipher)?;
    }
    if channel.kind.hands_over() {
        // Perhaps this is the repair.
        queries::retry_now(conn, id)?;
        live::announce(conn, &Event::MessagesQueued)?;
    }
    let entry = Entry::of(Action::ChannelEdited).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(json!({ "fields": fields })))?;
    Ok(Ok(()))
}

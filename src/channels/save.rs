//! Creates and changes channels.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::{ChannelFields, snapshot};
use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::departments::self_access;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::web::{FieldErrors, Refusal, Stale};

/// Saved, or the reason why not.
pub type Saved = Result<(), Refusal>;

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn create(conn: &mut PgConnection, by: &Account, typed: &ChannelFields) -> Result<Saved> {
    let active = queries::lock_active_departments(conn)?;
    let draft = match typed.parse(&active) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let id = queries::insert(conn, &draft)?;
    audit::record(conn, &Entry::of(Action::ChannelCreated).by(by).about(Some(id.0)))?;
    Ok(Ok(()))
}

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn update(conn: &mut PgConnection, by: &Account, id: ChannelId, typed: &ChannelFields) -> Result<Saved> {
    let channel = queries::find_for_update(conn, id)?;
    let active = queries::lock_active_departments(conn)?;
    let draft = match typed.parse(&active) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let fields = draft.changed_fields(&channel.draft()?);
    if fields.is_empty() {
        return Ok(Ok(()));
    }
    if let Some(stale) = Stale::since(&typed.version, &snapshot(&channel), format!("/channels/{id}")) {
        let edited = [Action::ChannelCreated, Action::ChannelEdited, Action::ChannelRedirected];
        let last = audit::newest_about(conn, &edited, id.0, 1)?.pop();
        return Ok(Err(stale.by(last, by.zone)));
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
    let entry = Entry::of(Action::ChannelEdited).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(json!({ "fields": fields })))?;
    Ok(Ok(()))
}

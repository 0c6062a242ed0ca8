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
use crate::refusal::{FieldErrors, Refusal, StaleEdit};

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn create(
    conn: &mut PgConnection,
    by: &Account,
    typed: &ChannelFields,
) -> Result<Result<(), FieldErrors>> {
    let active = queries::lock_active_departments(conn)?;
    let draft = match typed.parse(&active) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors)),
    };
    let id = queries::insert(conn, &draft)?;
    audit::record(conn, &Entry::of(Action::ChannelCreated).by(by).about(Some(id.0)))?;
    Ok(Ok(()))
}

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn update(
    conn: &mut PgConnection,
    by: &Account,
    id: ChannelId,
    typed: &ChannelFields,
) -> Result<Result<(), Refusal>> {
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
    let now = snapshot(&channel);
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
    let entry = Entry::of(Action::ChannelEdited).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(json!({ "fields": fields })))?;
    Ok(Ok(()))
}

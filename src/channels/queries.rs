//! SQL of channels: the list, one channel, and saving it. `health` says how a channel is doing and pauses it, `inbox`
//! lists what could not be read.

mod health;
mod inbox;

pub use health::{StateRow, counts_in_queue, end_pause, pause, retry_now, state, states};
pub use inbox::{Unread, retry, unread};

use chrono::{DateTime, Utc};
use diesel::dsl::{now, sql};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::form::{ChannelDraft, KindDraft, OFFERED};
use super::{ChannelKind, SecretCipher, Secrets};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, DepartmentId};
use crate::schema::{channels, departments};

/// Maximum number that pages count to. Above it they show "mais de 1.000".
pub const COUNT_LIMIT: i64 = 1000;

/// A saved channel.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = channels)]
pub struct Channel {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub name: String,
    pub public_name: String,
    pub colour: String,
    pub greeting: String,
    pub settings: serde_json::Value,
    /// Encrypted.
    pub secrets: Option<Vec<u8>>,
    #[diesel(select_expression = channels::default_department_id)]
    pub department_id: DepartmentId,
    #[diesel(select_expression = departments::name)]
    pub department: String,
    #[diesel(select_expression = channels::deactivated_at.is_null())]
    pub is_active: bool,
}

/// The channels that the pages manage.
#[diesel::dsl::auto_type]
fn managed() -> _ {
    let offered: [ChannelKind; 3] = OFFERED;
    channels::table.inner_join(departments::table).filter(channels::kind.eq_any(offered))
}

/// Every channel, active ones first.
pub fn all(conn: &mut PgConnection) -> Result<Vec<Channel>> {
    Ok(managed()
        .order((
            channels::deactivated_at.is_not_null(),
            sql::<Text>("plain(channels.name) COLLATE \"C\""),
            channels::id,
        ))
        .select(Channel::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut PgConnection, channel: ChannelId) -> Result<Channel> {
    Ok(managed().filter(channels::id.eq(channel)).select(Channel::as_select()).first(conn)?)
}

/// Like `find`, and locks the channel until the transaction ends.
pub fn find_for_update(conn: &mut PgConnection, channel: ChannelId) -> Result<Channel> {
    channels::table.find(channel).select(channels::id).for_no_key_update().execute(conn)?;
    find(conn, channel)
}

/// A department that may be chosen.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = departments)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
}

/// The active departments.
pub fn departments(conn: &mut PgConnection) -> Result<Vec<Department>> {
    Ok(departments::table
        .filter(departments::deactivated_at.is_null())
        .order((departments::position, departments::id))
        .select(Department::as_select())
        .load(conn)?)
}

/// Ids of the active departments, locked against deactivation until the transaction ends.
pub fn lock_active_departments(conn: &mut PgConnection) -> Result<Vec<DepartmentId>> {
    Ok(departments::table
        .filter(departments::deactivated_at.is_null())
        .order((departments::position, departments::id))
        .select(departments::id)
        .for_share()
        .load(conn)?)
}

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn insert(conn: &mut PgConnection, kind: ChannelKind, draft: &ChannelDraft) -> Result<ChannelId> {
    let id = diesel::insert_into(channels::table)
        .values((
            channels::kind.eq(kind),
            channels::name.eq(&draft.name),
            channels::default_department_id.eq(draft.department),
        ))
        .returning(channels::id)
        .get_result(conn)?;
    update_kind(conn, id, &draft.kind)?;
    Ok(id)
}

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn update(conn: &mut PgConnection, channel: ChannelId, draft: &ChannelDraft) -> Result<()> {
    diesel::update(channels::table.find(channel))
        .set((channels::name.eq(&draft.name), channels::default_department_id.eq(draft.department)))
        .execute(conn)?;
    update_kind(conn, channel, &draft.kind)
}

fn update_kind(conn: &mut PgConnection, channel: ChannelId, kind: &KindDraft) -> Result<()> {
    let row = channels::table.find(channel);
    match kind {
        KindDraft::WebChat(draft) => diesel::update(row)
            .set((
                channels::public_name.eq(&draft.public_name),
                channels::colour.eq(draft.colour.to_string()),
                channels::greeting.eq(&draft.greeting),
            ))
            .execute(conn)?,
        KindDraft::Email(settings) => set_settings(conn, channel, settings)?,
        KindDraft::Webhook(settings) => set_settings(conn, channel, settings)?,
    };
    Ok(())
}

fn set_settings(
    conn: &mut PgConnection,
    channel: ChannelId,
    settings: &impl serde::Serialize,
) -> Result<usize> {
    let settings = serde_json::to_value(settings).map_err(Error::unexpected)?;
    Ok(diesel::update(channels::table.find(channel)).set(channels::settings.eq(settings)).execute(conn)?)
}

pub fn set_secrets(
    conn: &mut PgConnection,
    channel: ChannelId,
    secrets: &Secrets,
    cipher: &SecretCipher,
) -> Result<()> {
    let sealed = cipher.encrypt(channel, secrets)?;
    diesel::update(channels::table.find(channel)).set(channels::secrets.eq(sealed)).execute(conn)?;
    Ok(())
}

/// `false` if it is not active.
pub fn deactivate(conn: &mut PgConnection, channel: ChannelId) -> Result<bool> {
    let active = channels::table
        .find(channel)
        .filter(channels::kind.eq_any(OFFERED))
        .filter(channels::deactivated_at.is_null());
    Ok(diesel::update(active).set(channels::deactivated_at.eq(now)).execute(conn)? == 1)
}

/// `false` if it is active.
pub fn reactivate(conn: &mut PgConnection, channel: ChannelId) -> Result<bool> {
    health::keep_age(conn, channel)?;
    let inactive = channels::table
        .find(channel)
        .filter(channels::kind.eq_any(OFFERED))
        .filter(channels::deactivated_at.is_not_null());
    let active = channels::deactivated_at.eq(None::<DateTime<Utc>>);
    Ok(diesel::update(inactive).set(active).execute(conn)? == 1)
}

db::row! {
    /// What uses a channel. Each count stops at `COUNT_LIMIT` + 1.
    #[derive(Clone, Copy, Debug)]
    pub struct Usage {
        pub contacts: i64,
        /// Pending schedules that would open a ticket for a contact of the channel, and have no other way.
        pub schedules_opening_tickets: i64,
        /// Pending schedules that only notify an attendant.
        pub schedules_notifying: i64,
        pub open_tickets: i64,
    }
}

pub fn usage(conn: &mut PgConnection, channel: ChannelId) -> Result<Usage> {
    // SQL text: a subquery per row lets each count stop at its limit. A join would read all contacts first.
    let pending = "SELECT FROM schedules s WHERE s.status = 'scheduled'
                      AND coalesce(s.channel_id, (SELECT c.channel_id FROM contacts c WHERE c.id = s.contact_id)) = $1";
    Ok(db::prepared(format!(
        "SELECT (SELECT count(*) FROM (SELECT FROM contacts WHERE channel_id = $1 AND archived_at IS NULL
                   ORDER BY channel_id, id LIMIT $2) n) AS contacts,
                (SELECT count(*) FROM ({pending} AND s.action <> 'notify'
                   AND (s.channel_id IS NOT NULL OR NOT has_other_channel(s.contact_id, $1)) LIMIT $2) n)
                   AS schedules_opening_tickets,
                (SELECT count(*) FROM ({pending} AND s.action = 'notify' LIMIT $2) n) AS schedules_notifying,
                (SELECT count(*) FROM (SELECT FROM tickets t WHERE t.status = 'open'
                   AND (SELECT c.channel_id FROM contacts c WHERE c.id = t.contact_id) = $1 LIMIT $2) n) AS open_tickets"
    ))
    .bind(channel)
    .bind(COUNT_LIMIT + 1)
    .get_result(conn)?)
}

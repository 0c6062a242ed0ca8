//! SQL of channels.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::Colour;
use super::form::Draft;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, DepartmentId};

/// Maximum number that pages count to. Above it they show "mais de 1.000".
pub const MOST_COUNTED: i64 = 1000;

/// A saved channel.
#[derive(Clone, Debug, QueryableByName)]
pub struct Channel {
    #[diesel(sql_type = BigInt)]
    pub id: ChannelId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub public_name: String,
    #[diesel(sql_type = Text)]
    pub colour: String,
    #[diesel(sql_type = Text)]
    pub greeting: String,
    #[diesel(sql_type = BigInt)]
    pub department_id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub department: String,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
}

impl Channel {
    /// Fails if white text is not readable on the saved colour.
    pub fn draft(&self) -> Result<Draft> {
        let colour: Colour =
            self.colour.parse().map_err(|_| Error::unexpected("a channel without colour"))?;
        Ok(Draft {
            name: self.name.clone(),
            public_name: self.public_name.clone(),
            colour,
            greeting: self.greeting.clone(),
            department: self.department_id,
        })
    }
}

const SELECT: &str = "SELECT ch.id, ch.name, ch.public_name, ch.colour, ch.greeting,
        ch.default_department_id AS department_id, d.name AS department,
        ch.deactivated_at IS NULL AS is_active
   FROM channels ch JOIN departments d ON d.id = ch.default_department_id
  WHERE ch.kind = 'web_chat'";

/// Every channel, active ones first.
pub fn all(conn: &mut PgConnection) -> Result<Vec<Channel>> {
    let order = "ORDER BY ch.deactivated_at IS NOT NULL, plain(ch.name) COLLATE \"C\", ch.id";
    Ok(db::prepared(format!("{SELECT} {order}")).load(conn)?)
}

pub fn find(conn: &mut PgConnection, channel: ChannelId) -> Result<Channel> {
    Ok(db::prepared(format!("{SELECT} AND ch.id = $1")).bind::<BigInt, _>(channel).get_result(conn)?)
}

/// Like `find`, and locks the channel until the transaction ends.
pub fn find_for_update(conn: &mut PgConnection, channel: ChannelId) -> Result<Channel> {
    db::prepared("SELECT FROM channels WHERE id = $1 FOR NO KEY UPDATE")
        .bind::<BigInt, _>(channel)
        .execute(conn)?;
    find(conn, channel)
}

/// A department that may be chosen.
#[derive(Clone, Debug, QueryableByName)]
pub struct Department {
    #[diesel(sql_type = BigInt)]
    pub id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub name: String,
}

const DEPARTMENTS: &str =
    "SELECT id, name FROM departments WHERE deactivated_at IS NULL ORDER BY position, id";

/// The active departments.
pub fn departments(conn: &mut PgConnection) -> Result<Vec<Department>> {
    Ok(db::prepared(DEPARTMENTS).load(conn)?)
}

/// Ids of the active departments, locked against deactivation until the transaction ends.
pub fn held_departments(conn: &mut PgConnection) -> Result<Vec<DepartmentId>> {
    let held: Vec<Department> = db::prepared(format!("{DEPARTMENTS} FOR SHARE")).load(conn)?;
    Ok(held.into_iter().map(|department| department.id).collect())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: ChannelId,
}

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn insert(conn: &mut PgConnection, draft: &Draft) -> Result<ChannelId> {
    let row: IdRow = db::prepared(
        "INSERT INTO channels (kind, name, public_name, colour, greeting, default_department_id)
         VALUES ('web_chat', $1, $2, $3, $4, $5) RETURNING id",
    )
    .bind::<Text, _>(&draft.name)
    .bind::<Text, _>(&draft.public_name)
    .bind::<Text, _>(draft.colour.to_string())
    .bind::<Text, _>(&draft.greeting)
    .bind::<BigInt, _>(draft.department)
    .get_result(conn)?;
    Ok(row.id)
}

/// # Errors
/// Violates `channels_name_key` if another channel has the name.
pub fn save(conn: &mut PgConnection, channel: ChannelId, draft: &Draft) -> Result<()> {
    db::prepared(
        "UPDATE channels SET name = $2, public_name = $3, colour = $4, greeting = $5, default_department_id = $6
          WHERE id = $1",
    )
    .bind::<BigInt, _>(channel)
    .bind::<Text, _>(&draft.name)
    .bind::<Text, _>(&draft.public_name)
    .bind::<Text, _>(draft.colour.to_string())
    .bind::<Text, _>(&draft.greeting)
    .bind::<BigInt, _>(draft.department)
    .execute(conn)?;
    Ok(())
}

/// Deactivates or reactivates; `false` if nothing changed.
pub fn set_active(conn: &mut PgConnection, channel: ChannelId, is_active: bool) -> Result<bool> {
    let changed = db::prepared(
        "UPDATE channels SET deactivated_at = CASE WHEN $2 THEN NULL ELSE now() END
          WHERE id = $1 AND kind = 'web_chat' AND (deactivated_at IS NULL) <> $2",
    )
    .bind::<BigInt, _>(channel)
    .bind::<Bool, _>(is_active)
    .execute(conn)?;
    Ok(changed == 1)
}

/// What uses a channel. Each count stops at `MOST_COUNTED` + 1.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Load {
    #[diesel(sql_type = BigInt)]
    pub contacts: i64,
    /// Pending schedules that would open a ticket for a contact of the channel.
    #[diesel(sql_type = BigInt)]
    pub opening: i64,
    /// Pending schedules that only notify an attendant.
    #[diesel(sql_type = BigInt)]
    pub notifying: i64,
    #[diesel(sql_type = BigInt)]
    pub open_tickets: i64,
}

pub fn load(conn: &mut PgConnection, channel: ChannelId) -> Result<Load> {
    // A subquery per row lets each count stop at its limit. A join would read all contacts first.
    let pending = "SELECT FROM schedules s WHERE s.status = 'scheduled'
                      AND (SELECT c.channel_id FROM contacts c WHERE c.id = s.contact_id) = $1";
    Ok(db::prepared(format!(
        "SELECT (SELECT count(*) FROM (SELECT FROM contacts WHERE channel_id = $1 AND archived_at IS NULL
                   ORDER BY channel_id, address LIMIT $2) n) AS contacts,
                (SELECT count(*) FROM ({pending} AND s.action <> 'notify' LIMIT $2) n) AS opening,
                (SELECT count(*) FROM ({pending} AND s.action = 'notify' LIMIT $2) n) AS notifying,
                (SELECT count(*) FROM (SELECT FROM tickets t WHERE t.status = 'open'
                   AND (SELECT c.channel_id FROM contacts c WHERE c.id = t.contact_id) = $1 LIMIT $2) n) AS open_tickets"
    ))
    .bind::<BigInt, _>(channel)
    .bind::<BigInt, _>(MOST_COUNTED + 1)
    .get_result(conn)?)
}

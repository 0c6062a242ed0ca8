//! SQL of one person and their contacts.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};

use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ContactId, PersonId};

/// Maximum contacts that the pages of a person show.
pub const CONTACTS: i64 = 200;

#[derive(Clone, Debug, QueryableByName)]
pub struct Detail {
    #[diesel(sql_type = BigInt)]
    pub id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub archived_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub anonymised_at: Option<DateTime<Utc>>,
}

const SELECT: &str = "SELECT id, name, created_at, archived_at, anonymised_at FROM people WHERE id = $1";

pub fn detail(conn: &mut PgConnection, person: PersonId) -> Result<Detail> {
    Ok(db::prepared(SELECT).bind::<BigInt, _>(person).get_result(conn)?)
}

/// Like [`detail`], and locks the person until the end of the transaction. Fails with `Conflict` if the person
/// is anonymised.
pub fn lock(conn: &mut PgConnection, person: PersonId) -> Result<Detail> {
    let sql = format!("{SELECT} FOR NO KEY UPDATE");
    let detail: Detail = db::prepared(sql).bind::<BigInt, _>(person).get_result(conn)?;
    if detail.anonymised_at.is_some() { Err(Error::Conflict) } else { Ok(detail) }
}

/// One of a person's contacts.
#[derive(Clone, Debug, QueryableByName)]
pub struct Member {
    #[diesel(sql_type = BigInt)]
    pub id: ContactId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub channel_name: String,
    #[diesel(sql_type = Bool)]
    pub is_archived: bool,
    #[diesel(sql_type = Bool)]
    pub has_open_ticket: bool,
}

/// A person's contacts in order of name, at most [`CONTACTS`].
pub fn members(conn: &mut PgConnection, person: PersonId) -> Result<Vec<Member>> {
    Ok(db::prepared(format!(
        "SELECT c.id, c.name, c.phone, c.email, ch.name AS channel_name, c.archived_at IS NOT NULL AS is_archived,
                EXISTS (SELECT FROM tickets t WHERE t.contact_id = c.id AND t.status = 'open') AS has_open_ticket
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id
          WHERE c.person_id = $1 ORDER BY c.sort_name, c.id LIMIT {CONTACTS}"
    ))
    .bind::<BigInt, _>(person)
    .load(conn)?)
}

/// Number of the person's contacts.
pub fn count_members(conn: &mut PgConnection, person: PersonId) -> Result<i64> {
    let row: CountRow = db::prepared("SELECT count(*) AS count FROM contacts WHERE person_id = $1")
        .bind::<BigInt, _>(person)
        .get_result(conn)?;
    Ok(row.count)
}

/// Those of `contacts` that exist and are not archived.
pub fn chosen(conn: &mut PgConnection, contacts: &[ContactId]) -> Result<Vec<Member>> {
    Ok(db::prepared(
        "SELECT c.id, c.name, c.phone, c.email, ch.name AS channel_name, false AS is_archived,
                false AS has_open_ticket
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id
          WHERE c.id = ANY($1) AND c.archived_at IS NULL ORDER BY c.sort_name, c.id",
    )
    .bind::<Array<BigInt>, _>(contacts)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// A person with the same name.
#[derive(Clone, Debug, QueryableByName)]
pub struct Namesake {
    #[diesel(sql_type = BigInt)]
    pub id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The names of the first two contacts.
    #[diesel(sql_type = Array<Text>)]
    pub contacts: Vec<String>,
}

/// Maximum people with the same name that the warning shows.
const NAMESAKES: i64 = 5;

/// People other than `person` with this name, ignoring case and accents.
pub fn namesakes(conn: &mut PgConnection, person: Option<PersonId>, name: &str) -> Result<Vec<Namesake>> {
    Ok(db::prepared(
        "SELECT p.id, p.name, ARRAY(SELECT c.name FROM contacts c WHERE c.person_id = p.id AND c.archived_at IS NULL
                                     ORDER BY c.sort_name, c.id LIMIT 2) AS contacts
           FROM people p
          WHERE p.sort_name = plain($2) AND p.archived_at IS NULL AND p.id IS DISTINCT FROM $1
          ORDER BY p.id LIMIT $3",
    )
    .bind::<Nullable<BigInt>, _>(person)
    .bind::<Text, _>(name)
    .bind::<BigInt, _>(NAMESAKES)
    .load(conn)?)
}

pub fn create(conn: &mut PgConnection, name: &str) -> Result<PersonId> {
    let row: IdRow = db::prepared("INSERT INTO people (name) VALUES ($1) RETURNING id")
        .bind::<Text, _>(name)
        .get_result(conn)?;
    Ok(PersonId(row.id))
}

pub fn rename(conn: &mut PgConnection, person: PersonId, name: &str) -> Result<()> {
    db::prepared("UPDATE people SET name = $2 WHERE id = $1")
        .bind::<BigInt, _>(person)
        .bind::<Text, _>(name)
        .execute(conn)?;
    Ok(())
}

/// Moves contacts to the person, from whatever person they had before. Returns those that were moved. Locks the
/// contacts in order of id, as every writer of several contacts does.
pub fn add(conn: &mut PgConnection, person: PersonId, contacts: &[ContactId]) -> Result<Vec<ContactId>> {
    let rows: Vec<IdRow> = db::prepared(
        "WITH locked AS MATERIALIZED (
            SELECT id FROM contacts WHERE id = ANY($2) AND person_id IS DISTINCT FROM $1 AND anonymised_at IS NULL
             ORDER BY id FOR NO KEY UPDATE)
         UPDATE contacts c SET person_id = $1 FROM locked WHERE c.id = locked.id RETURNING c.id",
    )
    .bind::<BigInt, _>(person)
    .bind::<Array<BigInt>, _>(contacts)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| ContactId(row.id)).collect())
}

/// Removes these contacts from the person, or all of them if `contacts` is `None`. Returns those that were
/// removed.
pub fn remove(
    conn: &mut PgConnection,
    person: PersonId,
    contacts: Option<&[ContactId]>,
) -> Result<Vec<ContactId>> {
    let rows: Vec<IdRow> = db::prepared(
        "WITH locked AS MATERIALIZED (
            SELECT id FROM contacts WHERE person_id = $1 AND ($2 IS NULL OR id = ANY($2))
             ORDER BY id FOR NO KEY UPDATE)
         UPDATE contacts c SET person_id = NULL FROM locked WHERE c.id = locked.id RETURNING c.id",
    )
    .bind::<BigInt, _>(person)
    .bind::<Nullable<Array<BigInt>>, _>(contacts)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| ContactId(row.id)).collect())
}

/// Archives or restores a person. Returns `false` if nothing changed.
pub fn set_archived(conn: &mut PgConnection, person: PersonId, archived: bool) -> Result<bool> {
    let changed = db::prepared(
        "UPDATE people SET archived_at = CASE WHEN $2 THEN clock_timestamp() END
          WHERE id = $1 AND (archived_at IS NULL) = $2",
    )
    .bind::<BigInt, _>(person)
    .bind::<Bool, _>(archived)
    .execute(conn)?;
    Ok(changed == 1)
}

/// Number of pending schedules for the person's contacts.
pub fn pending(conn: &mut PgConnection, person: PersonId) -> Result<i64> {
    let row: IdRow = db::prepared(
        "SELECT count(*) AS id FROM contacts c JOIN schedules s ON s.contact_id = c.id AND s.status = 'scheduled'
          WHERE c.person_id = $1",
    )
    .bind::<BigInt, _>(person)
    .get_result(conn)?;
    Ok(row.id)
}

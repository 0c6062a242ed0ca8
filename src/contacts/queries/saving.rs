//! Creates and changes contacts. The caller runs all of it in one transaction.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use uuid::Uuid;

use crate::contacts::form::ValidContact;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId};

/// Maximum contacts with the same number or address that the warning shows.
const MAX_DUPLICATES: i64 = 5;

/// A contact with the same telephone or e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct PossibleDuplicate {
    #[diesel(sql_type = BigInt)]
    pub id: ContactId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Bool)]
    pub is_archived: bool,
}

/// Contacts other than `contact` that have the telephone number or the e-mail address of `valid`.
pub fn possible_duplicates(
    conn: &mut PgConnection,
    contact: Option<ContactId>,
    valid: &ValidContact,
) -> Result<Vec<PossibleDuplicate>> {
    Ok(db::prepared(
        "SELECT id, name, phone, email, archived_at IS NOT NULL AS is_archived FROM contacts
          WHERE id IN (SELECT id FROM contacts WHERE phone = $2 AND phone <> ''
                       UNION ALL SELECT id FROM contacts WHERE email = $3 AND email <> '')
            AND id IS DISTINCT FROM $1
          ORDER BY id LIMIT $4",
    )
    .bind::<Nullable<BigInt>, _>(contact)
    .bind::<Text, _>(&valid.phone)
    .bind::<Text, _>(&valid.email)
    .bind::<BigInt, _>(MAX_DUPLICATES)
    .load(conn)?)
}

/// Locks `person` until the end of the transaction, so that nobody archives them meanwhile.
pub fn lock_person(conn: &mut PgConnection, person: PersonId) -> Result<()> {
    db::prepared("SELECT FROM people WHERE id = $1 FOR SHARE").bind::<BigInt, _>(person).execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
}

#[derive(QueryableByName)]
struct FieldsRow {
    #[diesel(sql_type = Array<Text>)]
    fields: Vec<String>,
}

/// # Errors
/// Violates `contacts_address_key` if another contact has the address.
pub fn create(conn: &mut PgConnection, valid: &ValidContact) -> Result<ContactId> {
    let address = valid.address.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
    let row: IdRow = db::prepared(
        "INSERT INTO contacts (channel_id, address, name, phone, email, person_id, default_department_id,
                default_attendant_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    )
    .bind::<BigInt, _>(valid.channel)
    .bind::<Text, _>(address)
    .bind::<Text, _>(&valid.name)
    .bind::<Text, _>(&valid.phone)
    .bind::<Text, _>(&valid.email)
    .bind::<Nullable<BigInt>, _>(valid.person)
    .bind::<Nullable<BigInt>, _>(valid.department)
    .bind::<Nullable<BigInt>, _>(valid.attendant)
    .get_result(conn)?;
    Ok(row.id)
}

/// Saves a contact whose row is locked, and returns the names of the changed fields.
///
/// # Errors
/// Violates `contacts_address_key` if another contact has the address.
pub fn update(conn: &mut PgConnection, contact: ContactId, valid: &ValidContact) -> Result<Vec<String>> {
    // An address has no meaning on another channel.
    let row: FieldsRow = db::prepared(
        "UPDATE contacts c
            SET channel_id = $2, name = $4, phone = $5, email = $6, person_id = $7, default_department_id = $8,
                default_attendant_id = $9,
                address = coalesce($3, CASE WHEN o.channel_id = $2 THEN o.address ELSE gen_random_uuid()::text END)
           FROM contacts o
          WHERE c.id = $1 AND o.id = c.id
         RETURNING array_remove(ARRAY[
                CASE WHEN o.name <> c.name THEN 'name' END, CASE WHEN o.phone <> c.phone THEN 'phone' END,
                CASE WHEN o.email <> c.email THEN 'email' END,
                CASE WHEN o.channel_id <> c.channel_id THEN 'channel' END,
                CASE WHEN o.person_id IS DISTINCT FROM c.person_id THEN 'person' END,
                CASE WHEN o.default_department_id IS DISTINCT FROM c.default_department_id THEN 'department' END,
                CASE WHEN o.default_attendant_id IS DISTINCT FROM c.default_attendant_id THEN 'attendant' END],
            NULL) AS fields",
    )
    .bind::<BigInt, _>(contact)
    .bind::<BigInt, _>(valid.channel)
    .bind::<Nullable<Text>, _>(&valid.address)
    .bind::<Text, _>(&valid.name)
    .bind::<Text, _>(&valid.phone)
    .bind::<Text, _>(&valid.email)
    .bind::<Nullable<BigInt>, _>(valid.person)
    .bind::<Nullable<BigInt>, _>(valid.department)
    .bind::<Nullable<BigInt>, _>(valid.attendant)
    .get_result(conn)?;
    Ok(row.fields)
}

#[derive(QueryableByName)]
struct DefaultDepartmentsRow {
    #[diesel(sql_type = BigInt)]
    before: DepartmentId,
    #[diesel(sql_type = BigInt)]
    after: DepartmentId,
}

/// The departments where a contact's first messages wait: on its current channel, and on `channel`.
pub fn default_departments(
    conn: &mut PgConnection,
    contact: ContactId,
    channel: ChannelId,
) -> Result<(DepartmentId, DepartmentId)> {
    let row: DefaultDepartmentsRow = db::prepared(
        "SELECT o.default_department_id AS before, n.default_department_id AS after
           FROM contacts c JOIN channels o ON o.id = c.channel_id JOIN channels n ON n.id = $2 WHERE c.id = $1",
    )
    .bind::<BigInt, _>(contact)
    .bind::<BigInt, _>(channel)
    .get_result(conn)?;
    Ok((row.before, row.after))
}

/// Archives a contact. Returns `false` if it already was archived.
pub fn archive(conn: &mut PgConnection, contact: ContactId) -> Result<bool> {
    let sql = "UPDATE contacts SET archived_at = clock_timestamp() WHERE id = $1 AND archived_at IS NULL";
    Ok(db::prepared(sql).bind::<BigInt, _>(contact).execute(conn)? == 1)
}

/// Restores a contact. Returns `false` if it was not archived.
pub fn restore(conn: &mut PgConnection, contact: ContactId) -> Result<bool> {
    let sql = "UPDATE contacts SET archived_at = NULL WHERE id = $1 AND archived_at IS NOT NULL";
    Ok(db::prepared(sql).bind::<BigInt, _>(contact).execute(conn)? == 1)
}

/// Invalidates every link of the contact, and signs out the browsers that used one.
pub fn revoke_link(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    let sql = "UPDATE contacts SET link_version = link_version + 1 WHERE id = $1";
    db::prepared(sql).bind::<BigInt, _>(contact).execute(conn)?;
    let sql = "DELETE FROM customer_accesses WHERE contact_id = $1";
    db::prepared(sql).bind::<BigInt, _>(contact).execute(conn)?;
    Ok(())
}

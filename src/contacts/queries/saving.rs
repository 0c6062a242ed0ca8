//! Creates and changes contacts. The caller runs all of it in one transaction.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::contacts::form::ValidContact;
use crate::contacts::identities;
use crate::db::{self, clock_timestamp};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId};
use crate::schema::{contacts, customer_accesses, people};

/// Maximum contacts with the same number or address that the warning shows.
const MAX_DUPLICATES: i64 = 5;

db::row! {
    /// A contact with the same telephone or e-mail address.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PossibleDuplicate {
        pub id: ContactId,
        pub name: String,
        pub phone: String,
        pub email: String,
        pub is_archived: bool,
    }
}

/// Contacts other than `contact` that have the telephone number or the e-mail address of `valid`.
pub fn possible_duplicates(
    conn: &mut PgConnection,
    contact: Option<ContactId>,
    valid: &ValidContact,
) -> Result<Vec<PossibleDuplicate>> {
    // SQL text: the union lets each half use its own partial index.
    Ok(db::prepared(
        "SELECT id, name, phone, email, archived_at IS NOT NULL AS is_archived FROM contacts
          WHERE id IN (SELECT id FROM contacts WHERE phone_match_key(phone) = phone_match_key($2) AND phone <> ''
                       UNION ALL SELECT id FROM contacts WHERE email = $3 AND email <> '')
            AND id IS DISTINCT FROM $1 AND merged_into IS NULL
          ORDER BY id LIMIT $4",
    )
    .bind(contact)
    .bind(&valid.phone)
    .bind(&valid.email)
    .bind(MAX_DUPLICATES)
    .load(conn)?)
}

/// Locks `person` until the end of the transaction, so that nobody archives them meanwhile.
pub fn lock_person(conn: &mut PgConnection, person: PersonId) -> Result<()> {
    people::table.find(person).select(people::id).for_share().execute(conn)?;
    Ok(())
}

/// # Errors
/// Violates a constraint of [`IDENTITY_KEYS`](crate::contacts::identities::IDENTITY_KEYS) if another contact has the
/// address.
pub fn create(conn: &mut PgConnection, valid: &ValidContact) -> Result<ContactId> {
    let contact = diesel::insert_into(contacts::table)
        .values((
            contacts::channel_id.eq(valid.channel),
            contacts::name.eq(&valid.name),
            contacts::phone.eq(&valid.phone),
            contacts::email.eq(&valid.email),
            contacts::person_id.eq(valid.person),
            contacts::default_department_id.eq(valid.department),
            contacts::default_attendant_id.eq(valid.attendant),
        ))
        .returning(contacts::id)
        .get_result(conn)?;
    if let Some(identity) = &valid.identity {
        identities::queries::add(conn, valid.channel, contact, identity)?;
    }
    Ok(contact)
}

/// Saves a contact whose row is locked, and returns the names of the changed fields.
///
/// # Errors
/// Violates a constraint of [`IDENTITY_KEYS`](crate::contacts::identities::IDENTITY_KEYS) if another contact has the
/// address.
pub fn update(conn: &mut PgConnection, contact: ContactId, valid: &ValidContact) -> Result<Vec<String>> {
    identities::queries::change(conn, contact, valid.channel, valid.identity.as_ref())?;
    // SQL text: returns what changed, which needs the row as it was.
    Ok(db::prepared(
        "UPDATE contacts c
            SET channel_id = $2, name = $3, phone = $4, email = $5, person_id = $6, default_department_id = $7,
                default_attendant_id = $8
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
    .bind(contact)
    .bind(valid.channel)
    .bind(&valid.name)
    .bind(&valid.phone)
    .bind(&valid.email)
    .bind(valid.person)
    .bind(valid.department)
    .bind(valid.attendant)
    .get_result(conn)?)
}

/// The departments where a contact's first messages wait: on its current channel, and on `channel`.
pub fn default_departments(
    conn: &mut PgConnection,
    contact: ContactId,
    channel: ChannelId,
) -> Result<(DepartmentId, DepartmentId)> {
    // SQL text: reads two channels in one statement.
    Ok(db::prepared(
        "SELECT o.default_department_id AS before, n.default_department_id AS after
           FROM contacts c JOIN channels o ON o.id = c.channel_id JOIN channels n ON n.id = $2 WHERE c.id = $1",
    )
    .bind(contact)
    .bind(channel)
    .get_result(conn)?)
}

/// Archives a contact. Returns `false` if it already was archived.
pub fn archive(conn: &mut PgConnection, contact: ContactId) -> Result<bool> {
    let current = contacts::table.find(contact).filter(contacts::archived_at.is_null());
    let now = clock_timestamp().nullable();
    Ok(diesel::update(current).set(contacts::archived_at.eq(now)).execute(conn)? == 1)
}

/// Restores a contact. Returns `false` if it was not archived.
pub fn restore(conn: &mut PgConnection, contact: ContactId) -> Result<bool> {
    let archived = contacts::table.find(contact).filter(contacts::archived_at.is_not_null());
    let never = None::<DateTime<Utc>>;
    Ok(diesel::update(archived).set(contacts::archived_at.eq(never)).execute(conn)? == 1)
}

/// Invalidates every link of the contact and of those merged into it, and signs out the browsers that used one.
pub fn revoke_link(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    // SQL text: calls a function of the database.
    db::prepared("UPDATE contacts SET link_version = link_version + 1 WHERE id IN (SELECT with_merged($1))")
        .bind(contact)
        .execute(conn)?;
    diesel::delete(customer_accesses::table.filter(customer_accesses::contact_id.eq(contact)))
        .execute(conn)?;
    Ok(())
}

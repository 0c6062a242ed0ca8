//! SQL of anonymising. The caller runs all of it in one transaction.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::auth::Account;
use crate::contacts::import::ImportStatus;
use crate::db::{self, clock_timestamp};
use crate::email::{self, Email};
use crate::error::{Error, Result};
use crate::ids::{ContactId, PersonId, ScheduleId};
use crate::schema::{
    attachments, contact_identities, contacts, customer_accesses, import_files, imports, messages, outbox,
    outbox_attempts, schedules, tickets,
};

/// Replaces a text that the record cannot be without. For example, a sent message must still have a body.
const ANONYMISED_TEXT: &str = "(anonimizado)";

db::row! {
    struct LineRow {
        import_id: i64,
        line: i32,
        said: String,
    }
}

/// Cancels the contact's pending schedules, and writes their history and audit entries.
pub fn cancel_pending(
    conn: &mut PgConnection,
    account: &Account,
    contact: ContactId,
) -> Result<Vec<ScheduleId>> {
    // SQL text: cancels, records and audits in one statement.
    Ok(db::prepared(
        "WITH pending AS (
            SELECT id FROM schedules WHERE contact_id = $1 AND status = 'scheduled'
             ORDER BY id FOR NO KEY UPDATE),
         cancelled AS (
            UPDATE schedules s SET status = 'cancelled', finished_at = clock_timestamp(),
                   updated_at = clock_timestamp(), version = version + 1
              FROM pending WHERE s.id = pending.id AND s.status = 'scheduled' RETURNING s.id),
         recorded AS (
            INSERT INTO schedule_history (schedule_id, kind, actor_id) SELECT id, 'cancelled', $2 FROM cancelled),
         audited AS (
            INSERT INTO audit (action, subject_id, actor_id, ip)
            SELECT 'schedule.cancelled', id, $2, $3 FROM cancelled)
         SELECT id FROM cancelled ORDER BY id",
    )
    .bind(contact)
    .bind(account.id)
    .bind(&account.ip)
    .load(conn)?)
}

/// Locks the contact's row, so that no schedule can be created for it either. Fails with `Conflict` if the
/// contact is already anonymised.
pub fn lock(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    contacts::table.find(contact).select(contacts::id).for_update().execute(conn)?;
    match super::super::queries::detail(conn, contact)?.anonymised_at {
        Some(_) => Err(Error::Conflict),
        None => Ok(()),
    }
}

/// The contact's person, if that person has no other contact.
pub fn person_without_other_contacts(
    conn: &mut PgConnection,
    contact: ContactId,
) -> Result<Option<PersonId>> {
    // SQL text: compares the table with itself.
    Ok(db::prepared(
        "SELECT person_id AS id FROM contacts c WHERE id = $1 AND person_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM contacts other WHERE other.person_id = c.person_id
                                AND other.id NOT IN (SELECT with_merged(c.id)))",
    )
    .bind(contact)
    .get_result(conn)
    .optional()?)
}

/// Deletes the lines of imports that name the contact. Lines that were waiting to be imported count as skipped.
/// The imports are locked first, as the import worker does.
///
/// A waiting line has its number in E.164, so the whole number is compared: in another area the same digits
/// belong to somebody else. A refused line holds what the file said, in any cell. It is deleted if any of these
/// appears anywhere in it: all words of the contact's name, the last 8 digits of the number, the e-mail
/// address, or the person's name. This may also delete the line of somebody else with the same name. Files
/// whose columns are not chosen yet cannot be searched, because they may be compressed. They are all deleted,
/// and the users upload them again.
pub fn clear_imports(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    let unfinished = [ImportStatus::Mapping, ImportStatus::Preview, ImportStatus::Running];
    imports::table
        .filter(imports::status.eq_any(unfinished))
        .order(imports::id)
        .select(imports::id)
        .for_no_key_update()
        .execute(conn)?;
    diesel::delete(import_files::table).execute(conn)?;
    diesel::update(imports::table.filter(imports::status.eq(ImportStatus::Mapping)))
        .set((
            imports::status.eq(ImportStatus::Cancelled),
            imports::finished_at.eq(clock_timestamp().nullable()),
        ))
        .execute(conn)?;
    let (imports, lines) = lines_with_address(conn, contact)?;
    // SQL text: finds, deletes and counts the lines in one statement.
    db::replanned(
        r"WITH who AS (
            SELECT c.sort_name, c.phone, c.email, right(c.phone, 8) AS ending,
                   ARRAY(SELECT i.value FROM contact_identities i WHERE i.contact_id = c.id) AS identities,
                   CASE WHEN NOT EXISTS (SELECT FROM contacts o WHERE o.person_id = c.person_id AND o.id <> c.id)
                        THEN p.sort_name END AS person
              FROM contacts c LEFT JOIN people p ON p.id = c.person_id WHERE c.id = $1),
         spelled AS (SELECT * FROM unnest($2::bigint[], $3::int[]) AS spelled (import_id, line)),
         kept AS (
            SELECT l.import_id, l.line, l.problem, l.phone, l.email, l.code,
                   CASE WHEN l.phone = '' AND l.email = '' THEN plain(l.name) END AS name,
                   CASE WHEN l.problem IS NOT NULL
                        THEN regexp_replace(
                                plain(concat_ws(' ', l.name, l.phone, l.email, l.person, l.department, l.attendant,
                                                l.code, l.remark)),
                                '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]', '', 'g') END AS said,
                   CASE WHEN l.problem IS NOT NULL
                        THEN regexp_replace(
                                plain(concat_ws(' ', l.name, l.phone, l.email, l.person, l.code, l.remark)),
                                '[^0-9]', '', 'g') END AS digits
              FROM import_lines l),
         met AS (
            SELECT k.import_id, k.line, k.problem FROM kept k, who w
             WHERE (w.phone <> '' AND k.phone = w.phone) OR (w.email <> '' AND k.email = w.email)
                OR k.code = ANY (w.identities) OR k.phone = ANY (w.identities) OR k.email = ANY (w.identities)
                OR (k.phone = '' AND k.email = '' AND k.name = w.sort_name)
                OR (k.problem IS NOT NULL AND (
                       (SELECT bool_and(position(word IN k.said) > 0)
                          FROM regexp_split_to_table(w.sort_name, ' +') AS word)
                       OR position(w.person IN k.said) > 0
                       OR (w.phone <> '' AND position(w.ending IN k.digits) > 0)
                       OR (w.email <> '' AND position(plain(w.email) IN k.said) > 0)
                       OR EXISTS (SELECT FROM unnest(w.identities) AS value
                                   WHERE length(value) > 5 AND position(plain(value) IN k.said) > 0)
                       OR (k.import_id, k.line) IN (SELECT s.import_id, s.line FROM spelled s)))),
         silenced AS (
            UPDATE import_lines l SET remark = '' FROM who w
             WHERE l.problem IS NULL AND l.remark <> ''
               AND NOT EXISTS (SELECT FROM met m WHERE m.import_id = l.import_id AND m.line = l.line)
               AND ((w.phone <> '' AND position(w.ending IN regexp_replace(plain(l.remark), '[^0-9]', '', 'g')) > 0)
                    OR (w.email <> '' AND position(plain(w.email) IN plain(l.remark)) > 0)
                    OR (l.import_id, l.line) IN (SELECT s.import_id, s.line FROM spelled s))),
         gone AS (
            DELETE FROM import_lines l USING met m WHERE m.import_id = l.import_id AND m.line = l.line
            RETURNING l.import_id, l.problem)
         UPDATE imports i SET skipped = skipped + n.count
           FROM (SELECT import_id, count(*) AS count FROM gone WHERE problem IS NULL GROUP BY import_id) n
          WHERE i.id = n.import_id",
    )
    .bind(contact)
    .bind(imports)
    .bind(lines)
    .execute(conn)?;
    Ok(())
}

/// Lines with the contact's e-mail address in a spelling that only the parser of addresses can read, such as
/// punycode. Returns their imports and line numbers.
fn lines_with_address(conn: &mut PgConnection, contact: ContactId) -> Result<(Vec<i64>, Vec<i32>)> {
    /// Maximum lines per query.
    const PORTION: i64 = 5_000;
    let email: Option<String> =
        contacts::table.find(contact).select(contacts::email).first(conn).optional()?;
    let (mut imports, mut lines, mut after) = (Vec::new(), Vec::new(), (0, 0));
    let Some(email) = email.and_then(|email| Email::parse(&email).ok()) else { return Ok((imports, lines)) };
    loop {
        // SQL text: compares a computed text with a regular expression.
        let rows: Vec<LineRow> = db::replanned(
            r"SELECT l.import_id, l.line, said FROM import_lines l,
                     concat_ws(' ', l.name, l.phone, l.email, l.person, l.code, l.remark) AS said
               WHERE (l.import_id, l.line) > ($1, $2) AND (l.problem IS NOT NULL OR l.remark <> '')
                 AND said LIKE '%@%' AND said ~* 'xn--|[^\x01-\x7f]'
               ORDER BY l.import_id, l.line LIMIT $3",
        )
        .bind(after.0)
        .bind(after.1)
        .bind(PORTION)
        .load(conn)?;
        let Some(last) = rows.last() else { return Ok((imports, lines)) };
        after = (last.import_id, last.line);
        for row in rows.iter().filter(|row| email::within(&row.said).any(|one| one == email)) {
            imports.push(row.import_id);
            lines.push(row.line);
        }
    }
}

/// Clears the names of the files from which the contact was imported, because people name files after the
/// customer.
pub fn clear_import_file_names(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    // SQL text: reads the ids within the details of the audit.
    db::prepared(
        "UPDATE imports SET file_name = $2
          WHERE id IN (SELECT (details ->> 'import_id')::bigint FROM audit
                        WHERE action IN ('contact.created', 'contact.edited') AND subject_id = $1)",
    )
    .bind(contact)
    .bind(ANONYMISED_TEXT)
    .execute(conn)?;
    Ok(())
}

/// Clears messages, schedules and files, and the IP addresses from which the customer wrote.
pub fn clear_texts(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    // A schedule that had only files gets a text, so that it still reads as one that sent something.
    // SQL text: the new values depend on the old ones.
    db::prepared(
        "UPDATE schedules s SET person_id = NULL, cancel_reason = NULL,
                comment = CASE WHEN comment <> '' THEN $2 ELSE '' END,
                message = CASE WHEN message <> '' OR EXISTS (SELECT FROM attachments a WHERE a.schedule_id = s.id)
                               THEN $2 ELSE '' END
          WHERE contact_id = $1",
    )
    .bind(contact)
    .bind(ANONYMISED_TEXT)
    .execute(conn)?;
    // The person keeps their name if they have other contacts, so the link to them must go.
    // SQL text: removes one key of a JSON value.
    db::prepared(
        "UPDATE schedule_history h SET details = h.details #- '{values,person_id}'
           FROM schedules s WHERE s.contact_id = $1 AND h.schedule_id = s.id AND h.details -> 'values' ? 'person_id'",
    )
    .bind(contact)
    .execute(conn)?;
    let of_contact = tickets::table.filter(tickets::contact_id.eq(contact).and(tickets::opened_from.ne("")));
    diesel::update(of_contact).set(tickets::opened_from.eq("")).execute(conn)?;
    let texts = messages::table.filter(messages::contact_id.eq(contact).and(messages::kind.ne("event")));
    diesel::update(texts).set((messages::body.eq(ANONYMISED_TEXT), messages::quoted.eq(""))).execute(conn)?;
    // What a service said may name the address.
    diesel::update(outbox::table.filter(outbox::contact_id.eq(contact)))
        .set(outbox::detail.eq(""))
        .execute(conn)?;
    let sent = outbox::table.filter(outbox::contact_id.eq(contact)).select(outbox::message_id);
    diesel::update(outbox_attempts::table.filter(outbox_attempts::message_id.eq_any(sent)))
        .set(outbox_attempts::detail.eq(""))
        .execute(conn)?;
    let schedules =
        schedules::table.filter(schedules::contact_id.eq(contact)).select(schedules::id.nullable());
    let messages = messages::table.filter(messages::contact_id.eq(contact)).select(messages::id.nullable());
    let is_of_contact =
        attachments::schedule_id.eq_any(schedules).or(attachments::message_id.eq_any(messages));
    diesel::delete(attachments::table.filter(is_of_contact)).execute(conn)?;
    clear_deliveries(conn, contact)
}

/// Clears what services said about the contact's messages, and what the contact's messages quoted.
fn clear_deliveries(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    diesel::update(outbox::table.filter(outbox::contact_id.eq(contact)))
        .set(outbox::detail.eq(""))
        .execute(conn)?;
    let messages_of = outbox::table.filter(outbox::contact_id.eq(contact)).select(outbox::message_id);
    diesel::update(outbox_attempts::table.filter(outbox_attempts::message_id.eq_any(messages_of)))
        .set(outbox_attempts::detail.eq(""))
        .execute(conn)?;
    diesel::update(messages::table.filter(messages::contact_id.eq(contact)))
        .set(messages::quoted.eq(""))
        .execute(conn)?;
    Ok(())
}

/// The contacts that were merged into `contact`. Their records are its own now, but their names and numbers are still
/// stored.
pub fn merged_into(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<ContactId>> {
    // SQL text: calls a function of the database.
    Ok(db::prepared("SELECT id FROM with_merged($1) AS id WHERE id <> $1").bind(contact).load(conn)?)
}

/// Clears the contact and those that were merged into it.
pub fn clear_contact(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    // SQL text: the new values depend on the old ones.
    db::prepared(
        "UPDATE contacts SET name = 'Contato anonimizado nº ' || id, phone = '', email = '',
                person_id = NULL, link_version = link_version + 1,
                default_department_id = NULL, default_attendant_id = NULL,
                archived_at = coalesce(archived_at, clock_timestamp()), anonymised_at = clock_timestamp()
          WHERE id IN (SELECT with_merged($1))",
    )
    .bind(contact)
    .execute(conn)?;
    diesel::delete(customer_accesses::table.filter(customer_accesses::contact_id.eq(contact)))
        .execute(conn)?;
    diesel::delete(contact_identities::table.filter(contact_identities::contact_id.eq(contact)))
        .execute(conn)?;
    Ok(())
}

pub fn clear_person(conn: &mut PgConnection, person: PersonId) -> Result<()> {
    // SQL text: the new values depend on the old ones.
    db::prepared(
        "UPDATE people SET name = 'Pessoa anonimizada nº ' || id, anonymised_at = clock_timestamp(),
                archived_at = coalesce(archived_at, clock_timestamp())
          WHERE id = $1",
    )
    .bind(person)
    .execute(conn)?;
    Ok(())
}

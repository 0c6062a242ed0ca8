//! SQL of merging and separating. It is text, because it moves many rows at once. The caller runs all of it in one
//! transaction, with both contacts locked.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::auth::Account;
use crate::contacts::queries::PendingSchedule;
use crate::conversations::readers::readers_of_each;
use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, ScheduleId, TicketId, UserId};
use crate::schema::contacts;

/// Locks the contacts in the order of their ids. Whoever writes to their conversations or schedules waits.
pub fn lock(conn: &mut PgConnection, both: impl Into<Vec<ContactId>>) -> Result<()> {
    let locked = contacts::table.filter(contacts::id.eq_any(both.into())).order(contacts::id);
    locked.select(contacts::id).for_update().execute(conn)?;
    Ok(())
}

/// Those contacts that are not archived, in the order of their ids.
pub fn active_among(conn: &mut PgConnection, among: &[ContactId]) -> Result<Vec<ContactId>> {
    Ok(contacts::table
        .filter(contacts::id.eq_any(among).and(contacts::archived_at.is_null()))
        .order(contacts::id)
        .select(contacts::id)
        .load(conn)?)
}

/// How many of the two are not archived.
pub fn active(conn: &mut PgConnection, both: [ContactId; 2]) -> Result<usize> {
    Ok(active_among(conn, &both)?.len())
}

/// The open tickets of both contacts with their contacts, the oldest first.
pub fn open_tickets(conn: &mut PgConnection, both: [ContactId; 2]) -> Result<Vec<(TicketId, ContactId)>> {
    Ok(db::prepared(
        "SELECT id, contact_id FROM tickets WHERE contact_id = ANY ($1) AND status = 'open' ORDER BY opened_at, id",
    )
    .bind(both.to_vec())
    .load(conn)?)
}

/// Whether merging lets `user`, or somebody whom they invited, read a conversation that they cannot read today. A contact
/// without tickets counts for those who will read its first one.
pub fn reveals(conn: &mut PgConnection, user: UserId, kept: ContactId, other: ContactId) -> Result<bool> {
    let users: Vec<UserId> =
        db::prepared("SELECT id FROM users WHERE id = $1 OR let_in_by = $1").bind(user).load(conn)?;
    let mut readers = readers_of_each(conn, &[kept, other], &users)?;
    readers.extend(
        db::prepared(
            "SELECT c.id, u.id FROM contacts c JOIN channels ch ON ch.id = c.channel_id
           JOIN department_members m ON m.department_id = ch.default_department_id
           JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL
          WHERE c.id = ANY ($1) AND u.id = ANY ($2)
            AND NOT EXISTS (SELECT FROM tickets t WHERE t.contact_id = c.id)",
        )
        .bind(vec![kept, other])
        .bind(users.clone())
        .load::<(ContactId, UserId)>(conn)?,
    );
    let reads = |contact, user| readers.contains(&(contact, user));
    Ok(users.into_iter().any(|user| reads(kept, user) != reads(other, user)))
}

db::row! {
    /// What will move, counted.
    #[derive(Clone, Debug)]
    pub struct Counts {
        pub tickets: i64,
        pub messages: i64,
        pub pending_schedules: i64,
        pub final_schedules: i64,
        pub accesses: i64,
    }
}

pub fn counts(conn: &mut PgConnection, other: ContactId) -> Result<Counts> {
    Ok(db::prepared(
        "SELECT (SELECT count(*) FROM tickets WHERE contact_id = $1) AS tickets,
                (SELECT count(*) FROM messages WHERE contact_id = $1 AND kind <> 'event') AS messages,
                (SELECT count(*) FROM schedules WHERE contact_id = $1 AND status = 'scheduled') AS pending_schedules,
                (SELECT count(*) FROM schedules WHERE contact_id = $1 AND status <> 'scheduled') AS final_schedules,
                (SELECT count(*) FROM customer_accesses WHERE contact_id = $1 AND seen_at IS NOT NULL) AS accesses",
    )
    .bind(other)
    .get_result(conn)?)
}

/// The spacing key that the schedule `s` has for the contact `contact`.
fn key_for(contact: &str) -> String {
    format!("spacing_key((SELECT spacing_scope FROM settings), s.department_id, s.attendant_id, {contact})")
}

/// The pending schedules of `other` that are too near to one of `kept`.
pub fn too_near(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<Vec<PendingSchedule>> {
    Ok(db::prepared(format!(
        "SELECT s.id, s.action, s.due_at, d.name AS department, count(*) OVER () AS total
           FROM schedules s JOIN departments d ON d.id = s.department_id
          WHERE s.contact_id = $2 AND s.status = 'scheduled' AND NOT s.spacing_exempt
            AND EXISTS (SELECT FROM schedules o
                         WHERE o.contact_id = $1 AND o.status = 'scheduled' AND NOT o.spacing_exempt
                           AND o.spacing_key = {}
                           AND o.due_at > s.due_at - s.min_gap AND o.due_at < s.due_at + s.min_gap)
          ORDER BY s.due_at, s.id",
        key_for("$1")
    ))
    .bind(kept)
    .bind(other)
    .load(conn)?)
}

/// Lets rows that name each other move one after the other.
pub fn allow_moving(conn: &mut PgConnection) -> Result<()> {
    // A batch: a setting cannot be prepared.
    Ok(conn.batch_execute(
        "SELECT pg_advisory_xact_lock_shared(hashtext('pontual.spacing'));
         SET CONSTRAINTS tickets_schedule_of_contact, messages_ticket_of_contact, messages_schedule_of_contact DEFERRED",
    )?)
}

/// Checks that all rows that name each other have the same contact again.
pub fn check_moved(conn: &mut PgConnection) -> Result<()> {
    Ok(conn.batch_execute(
        "SET CONSTRAINTS tickets_schedule_of_contact, messages_ticket_of_contact, messages_schedule_of_contact IMMEDIATE",
    )?)
}

/// What a merge has moved.
pub struct Moved {
    pub schedules: Vec<ScheduleId>,
    pub tickets: Vec<TicketId>,
    pub identities: Vec<i64>,
    pub accesses: Vec<i64>,
    /// Fields of the kept contact that took the other's value.
    pub filled: Vec<String>,
}

/// Moves the schedules `which` (all if `None`) from the first contact to the second. Pending ones tell it in history and
/// audit, and those in `exempt` become exempt from the spacing.
fn move_some_schedules(
    conn: &mut PgConnection,
    by: Option<&Account>,
    [from, to]: [ContactId; 2],
    which: Option<&[ScheduleId]>,
    exempt: &[ScheduleId],
) -> Result<Vec<ScheduleId>> {
    Ok(db::replanned(format!(
        "WITH moved AS (
            UPDATE schedules s
               SET contact_id = $2,
                   spacing_key = CASE s.status WHEN 'scheduled' THEN {} ELSE s.spacing_key END,
                   spacing_exempt = s.spacing_exempt OR s.id = ANY ($4),
                   version = s.version + (s.status = 'scheduled')::int,
                   updated_at = CASE s.status WHEN 'scheduled' THEN clock_timestamp() ELSE s.updated_at END
             WHERE s.contact_id = $1 AND ($3::bigint[] IS NULL OR s.id = ANY ($3))
            RETURNING s.id, s.status, s.version, s.id = ANY ($4) AS is_exempt),
         changed AS (
            SELECT id, version, jsonb_build_array('contact_id')
                   || CASE WHEN is_exempt THEN '[\"spacing_exempt\"]'::jsonb ELSE '[]' END AS fields,
                   jsonb_build_object('contact_id', jsonb_build_array($1, $2))
                   || CASE WHEN is_exempt THEN '{{\"spacing_exempt\": [false, true]}}'::jsonb ELSE '{{}}' END AS values
              FROM moved WHERE status = 'scheduled'),
         recorded AS (
            INSERT INTO schedule_history (schedule_id, kind, actor_id, details)
            SELECT id, 'edited', $5, jsonb_build_object('version', version, 'fields', fields, 'values', values)
              FROM changed ORDER BY id),
         audited AS (
            INSERT INTO audit (action, subject_id, actor_id, ip, details)
            SELECT 'schedule.edited', id, $5, $6, jsonb_build_object('fields', fields) FROM changed ORDER BY id)
         SELECT id FROM moved ORDER BY id",
        key_for("$2")
    ))
    .bind(from)
    .bind(to)
    .bind(which.map(<[_]>::to_vec))
    .bind(exempt.to_vec())
    .bind(by.map(|by| by.id))
    .bind(by.map(|by| by.ip.clone()).unwrap_or_default())
    .load(conn)?)
}

pub fn move_schedules(
    conn: &mut PgConnection,
    by: Option<&Account>,
    from_to: [ContactId; 2],
    exempt: &[ScheduleId],
) -> Result<Vec<ScheduleId>> {
    move_some_schedules(conn, by, from_to, None, exempt)
}

pub fn move_tickets(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<Vec<TicketId>> {
    Ok(db::prepared(
        "UPDATE tickets SET contact_id = $1, opened_contact_id = coalesce(opened_contact_id, contact_id)
          WHERE contact_id = $2 RETURNING id",
    )
    .bind(kept)
    .bind(other)
    .load(conn)?)
}

/// Moves messages, what waits in the outbox, and notifications.
pub fn move_messages(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<()> {
    for sql in [
        // Both contacts' pages may have made the same key.
        "UPDATE messages m SET contact_id = $1,
                client_key = CASE WHEN NOT EXISTS (SELECT FROM messages o
                                                    WHERE o.contact_id = $1 AND o.client_key = m.client_key)
                                  THEN m.client_key END
          WHERE m.contact_id = $2",
        "UPDATE outbox SET contact_id = $1 WHERE contact_id = $2",
        "UPDATE notifications SET contact_id = $1 WHERE contact_id = $2",
    ] {
        db::prepared(sql).bind(kept).bind(other).execute(conn)?;
    }
    Ok(())
}

pub fn move_identities(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<Vec<i64>> {
    Ok(db::prepared("UPDATE contact_identities SET contact_id = $1 WHERE contact_id = $2 RETURNING id")
        .bind(kept)
        .bind(other)
        .load(conn)?)
}

/// Lets the browsers that opened the other's link into the kept contact's conversation.
pub fn move_accesses(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<Vec<i64>> {
    Ok(db::prepared(
        "UPDATE customer_accesses a SET contact_id = $1, link_version = k.link_version
           FROM contacts k, contacts o
          WHERE k.id = $1 AND o.id = $2 AND a.contact_id = $2 AND a.link_version = o.link_version
            AND NOT EXISTS (SELECT FROM customer_accesses b WHERE b.contact_id = $1 AND b.token_hash = a.token_hash)
         RETURNING a.id",
    )
    .bind(kept)
    .bind(other)
    .load(conn)?)
}

/// Gives empty fields of the kept contact the other's value. Returns their names.
pub fn fill(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<Vec<String>> {
    Ok(db::prepared(
        "UPDATE contacts k
            SET phone = CASE k.phone WHEN '' THEN o.phone ELSE k.phone END,
                email = CASE k.email WHEN '' THEN o.email ELSE k.email END,
                person_id = coalesce(k.person_id, o.person_id),
                default_department_id = coalesce(k.default_department_id, o.default_department_id),
                default_attendant_id = CASE WHEN k.default_department_id IS NULL THEN o.default_attendant_id
                                            ELSE k.default_attendant_id END
           FROM contacts o, contacts b
          WHERE k.id = $1 AND b.id = $1 AND o.id = $2
         RETURNING array_remove(ARRAY[
                CASE WHEN b.phone <> k.phone THEN 'phone' END, CASE WHEN b.email <> k.email THEN 'email' END,
                CASE WHEN b.person_id IS DISTINCT FROM k.person_id THEN 'person' END,
                CASE WHEN b.default_department_id IS DISTINCT FROM k.default_department_id THEN 'department' END],
            NULL) AS fields",
    )
    .bind(kept)
    .bind(other)
    .get_result(conn)?)
}

/// Archives the other contact as merged.
pub fn end(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<()> {
    db::prepared("UPDATE contacts SET archived_at = clock_timestamp(), merged_into = $1 WHERE id = $2")
        .bind(kept)
        .bind(other)
        .execute(conn)?;
    Ok(())
}

pub fn record(
    conn: &mut PgConnection,
    by: Option<UserId>,
    kept: ContactId,
    other: ContactId,
    moved: &Moved,
) -> Result<()> {
    db::prepared(
        "INSERT INTO contact_merges (merged_id, kept_id, merged_by, ticket_ids, schedule_ids, identity_ids,
                                     access_ids, filled)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(other)
    .bind(kept)
    .bind(by)
    .bind(&moved.tickets)
    .bind(&moved.schedules)
    .bind(&moved.identities)
    .bind(&moved.accesses)
    .bind(&moved.filled)
    .execute(conn)?;
    Ok(())
}

db::row! {
    /// The merge by which a contact ended.
    #[derive(Clone, Debug)]
    pub struct CurrentMerge {
        pub kept_id: ContactId,
        pub kept_name: String,
        pub merged_at: DateTime<Utc>,
        /// `None` if a service proved it.
        pub by: Option<String>,
        pub is_separable: bool,
    }
}

/// SQL condition: the merge `g` of contact `o` into `k` can be undone.
const IS_SEPARABLE: &str = "(g.separated_at IS NULL AND g.merged_at > clock_timestamp() - interval '1 day'
    AND o.merged_into = k.id AND o.anonymised_at IS NULL AND k.anonymised_at IS NULL AND k.merged_into IS NULL)";

pub fn merge_of(conn: &mut PgConnection, other: ContactId) -> Result<Option<CurrentMerge>> {
    Ok(db::prepared(format!(
        "SELECT g.kept_id, k.name AS kept_name, g.merged_at, u.name AS by, {IS_SEPARABLE} AS is_separable
           FROM contact_merges g JOIN contacts o ON o.id = g.merged_id JOIN contacts k ON k.id = g.kept_id
           LEFT JOIN users u ON u.id = g.merged_by
          WHERE g.merged_id = $1 AND g.separated_at IS NULL"
    ))
    .bind(other)
    .get_result(conn)
    .optional()?)
}

db::row! {
    /// A merge that can be undone, with what it moved.
    #[derive(Clone, Debug)]
    pub struct SeparableMerge {
        pub id: i64,
        pub kept_id: ContactId,
        pub ticket_ids: Vec<TicketId>,
        pub schedule_ids: Vec<ScheduleId>,
        pub identity_ids: Vec<i64>,
        pub access_ids: Vec<i64>,
        pub filled: Vec<String>,
    }
}

pub fn separable(conn: &mut PgConnection, other: ContactId) -> Result<Option<SeparableMerge>> {
    Ok(db::prepared(format!(
        "SELECT g.id, g.kept_id, g.ticket_ids, g.schedule_ids, g.identity_ids, g.access_ids, g.filled
           FROM contact_merges g JOIN contacts o ON o.id = g.merged_id JOIN contacts k ON k.id = g.kept_id
          WHERE g.merged_id = $1 AND {IS_SEPARABLE}"
    ))
    .bind(other)
    .get_result(conn)
    .optional()?)
}

/// Makes the other contact active, and empties the fields of the kept one that took its values and were not changed since.
pub fn restore(conn: &mut PgConnection, merge: &SeparableMerge, other: ContactId) -> Result<()> {
    db::prepared("UPDATE contacts SET archived_at = NULL, merged_into = NULL WHERE id = $1")
        .bind(other)
        .execute(conn)?;
    db::prepared(
        "UPDATE contacts k
            SET phone = CASE WHEN 'phone' = ANY ($3) AND k.phone = o.phone THEN '' ELSE k.phone END,
                email = CASE WHEN 'email' = ANY ($3) AND k.email = o.email THEN '' ELSE k.email END,
                person_id = CASE WHEN 'person' = ANY ($3) AND k.person_id = o.person_id THEN NULL
                                 ELSE k.person_id END,
                default_department_id = CASE WHEN 'department' = ANY ($3) THEN NULL ELSE k.default_department_id END,
                default_attendant_id = CASE WHEN 'department' = ANY ($3) THEN NULL ELSE k.default_attendant_id END
           FROM contacts o WHERE k.id = $1 AND o.id = $2",
    )
    .bind(merge.kept_id)
    .bind(other)
    .bind(&merge.filled)
    .execute(conn)?;
    Ok(())
}

/// Moves those schedules back that still belong to the kept contact. Returns them.
pub fn move_schedules_back(
    conn: &mut PgConnection,
    by: &Account,
    merge: &SeparableMerge,
    other: ContactId,
) -> Result<Vec<ScheduleId>> {
    move_some_schedules(conn, Some(by), [merge.kept_id, other], Some(&merge.schedule_ids), &[])
}

/// Moves the tickets back, and those that the moved schedules have opened since. Returns them.
pub fn move_tickets_back(
    conn: &mut PgConnection,
    merge: &SeparableMerge,
    other: ContactId,
    schedules: &[ScheduleId],
) -> Result<Vec<TicketId>> {
    Ok(db::replanned(
        "UPDATE tickets SET contact_id = $2, opened_contact_id = nullif(coalesce(opened_contact_id, contact_id), $2)
          WHERE contact_id = $1 AND (id = ANY ($3) OR schedule_id = ANY ($4)) RETURNING id",
    )
    .bind(merge.kept_id)
    .bind(other)
    .bind(&merge.ticket_ids)
    .bind(schedules)
    .load(conn)?)
}

/// Moves back the messages of the moved tickets, what waits in the outbox, and the notifications.
pub fn move_messages_back(
    conn: &mut PgConnection,
    kept: ContactId,
    other: ContactId,
    tickets: &[TicketId],
    schedules: &[ScheduleId],
) -> Result<()> {
    db::replanned("UPDATE messages SET contact_id = $1 WHERE ticket_id = ANY ($2) AND contact_id <> $1")
        .bind(other)
        .bind(tickets)
        .execute(conn)?;
    db::replanned(
        "UPDATE outbox o SET contact_id = m.contact_id FROM messages m
          WHERE m.id = o.message_id AND m.ticket_id = ANY ($1) AND o.contact_id <> m.contact_id",
    )
    .bind(tickets)
    .execute(conn)?;
    db::replanned(
        "UPDATE notifications SET contact_id = $2
          WHERE contact_id = $1 AND (schedule_id = ANY ($3) OR (schedule_id IS NULL AND ticket_id = ANY ($4)))",
    )
    .bind(kept)
    .bind(other)
    .bind(schedules)
    .bind(tickets)
    .execute(conn)?;
    // A schedule of one contact may have failed because of the other's ticket.
    db::replanned(
        "UPDATE notifications n SET ticket_id = NULL FROM tickets t
          WHERE n.contact_id = ANY ($1) AND t.id = n.ticket_id AND t.contact_id <> n.contact_id",
    )
    .bind(vec![kept, other])
    .execute(conn)?;
    Ok(())
}

/// Moves identities and accesses back.
pub fn move_ids_back(conn: &mut PgConnection, merge: &SeparableMerge, other: ContactId) -> Result<()> {
    db::replanned("UPDATE contact_identities SET contact_id = $2 WHERE contact_id = $1 AND id = ANY ($3)")
        .bind(merge.kept_id)
        .bind(other)
        .bind(&merge.identity_ids)
        .execute(conn)?;
    db::replanned(
        "UPDATE customer_accesses a SET contact_id = $2, link_version = o.link_version FROM contacts o
          WHERE o.id = $2 AND a.contact_id = $1 AND a.id = ANY ($3)",
    )
    .bind(merge.kept_id)
    .bind(other)
    .bind(&merge.access_ids)
    .execute(conn)?;
    Ok(())
}

pub fn record_separation(conn: &mut PgConnection, merge: i64) -> Result<()> {
    db::prepared("UPDATE contact_merges SET separated_at = clock_timestamp() WHERE id = $1")
        .bind(merge)
        .execute(conn)?;
    Ok(())
}

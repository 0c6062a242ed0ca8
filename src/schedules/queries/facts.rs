//! What the database says about the records that a form names.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use crate::clock::Zone;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId, ScheduleId, TicketId, UserId};
use crate::schedules::draft::{ChosenContact, ChosenIds, ContactChannel, Facts};

db::row! {
    struct FactsRow {
        now: DateTime<Utc>,
        time_zone: String,
        contact: Option<ContactId>,
        contact_person: Option<PersonId>,
        person: Option<PersonId>,
        is_person_archived: bool,
        keeps_contact: bool,
        keeps_channel: bool,
        department: Option<DepartmentId>,
        is_attendant: bool,
        ticket: Option<TicketId>,
        rescheduled_from: Option<ScheduleId>,
    }
}

/// What the database says about the records that a form names, and the current time. The schedule `edited`
/// may keep what it has: an archived contact or person, a deactivated department, an attendant who left. The
/// dispatcher decides what that means at the due time.
pub fn facts(conn: &mut PgConnection, chosen: ChosenIds, edited: Option<ScheduleId>) -> Result<Facts> {
    // SQL text: one statement answers a dozen questions.
    let row: FactsRow = db::prepared(
        "SELECT clock_timestamp() AS now, s.time_zone, c.id AS contact, c.person_id AS contact_person,
                (SELECT id FROM people WHERE id = $2 AND (archived_at IS NULL OR id = e.person_id)) AS person,
                coalesce((SELECT archived_at IS NOT NULL FROM people WHERE id = $2), false) AS is_person_archived,
                coalesce(e.contact_id = $1 AND e.person_id IS NOT DISTINCT FROM $2, false) AS keeps_contact,
                coalesce(e.contact_id = $1 AND e.action <> 'notify' AND e.channel_id IS NOT DISTINCT FROM $8, false)
                    AS keeps_channel,
                (SELECT id FROM departments
                  WHERE id = $3 AND (deactivated_at IS NULL OR id = e.department_id)) AS department,
                EXISTS (SELECT FROM department_members m JOIN users u ON u.id = m.user_id
                         WHERE m.department_id = $3 AND m.user_id = $4 AND u.deactivated_at IS NULL)
                    OR coalesce(e.department_id = $3 AND e.attendant_id = $4, false) AS is_attendant,
                (SELECT id FROM tickets WHERE id = $5 AND contact_id = $1) AS ticket,
                (SELECT id FROM schedules WHERE id = $6 AND status <> 'scheduled' AND contact_id = $1) AS rescheduled_from
           FROM settings s
           LEFT JOIN schedules e ON e.id = $7
           LEFT JOIN contacts c ON c.id = $1 AND (c.archived_at IS NULL OR c.id = e.contact_id)",
    )
    .bind(chosen.contact)
    .bind(chosen.person)
    .bind(chosen.department)
    .bind(chosen.attendant)
    .bind(chosen.ticket)
    .bind(chosen.rescheduled_from)
    .bind(edited)
    .bind(chosen.channel)
    .get_result(conn)?;
    let channels = match row.contact {
        Some(contact) => channels(conn, contact, edited)?,
        None => Vec::new(),
    };
    Ok(Facts {
        now: row.now,
        zone: Zone::named(&row.time_zone),
        contact: row.contact.map(|id| ChosenContact {
            id,
            person: row.contact_person,
            is_reachable: channels.iter().any(|channel| channel.is_active),
        }),
        person: row.person,
        is_person_archived: row.is_person_archived,
        keeps_contact: row.keeps_contact,
        channels,
        keeps_channel: row.keeps_channel,
        department: row.department,
        attendant: chosen.attendant.filter(|_: &UserId| row.is_attendant),
        ticket: row.ticket,
        rescheduled_from: row.rescheduled_from,
        files: Vec::new(),
    })
}

/// The channels on which the contact has an address: the one where the customer last wrote or a message last arrived,
/// then the contact's first, then the others. Of inactive ones, only that of the schedule `edited`.
fn channels(
    conn: &mut PgConnection,
    contact: ContactId,
    edited: Option<ScheduleId>,
) -> Result<Vec<ContactChannel>> {
    // SQL text: the order compares the latest of several tables. Messages of the web chat name no channel.
    Ok(db::prepared(
        "SELECT ch.id, ch.kind, ch.name, ch.id = c.channel_id AS is_first, ch.deactivated_at IS NULL AS is_active
           FROM contacts c
           JOIN (SELECT channel_id, kind, max(greatest(seen_at, worked_at)) AS used_at
                   FROM contact_identities WHERE contact_id = $1 GROUP BY channel_id, kind) known ON true
           JOIN channels ch ON ch.id = known.channel_id AND identity_kind(ch.kind) = known.kind
           LEFT JOIN schedules e ON e.id = $2 AND e.contact_id = c.id
           LEFT JOIN LATERAL (SELECT m.channel_id, m.created_at
                                FROM messages m WHERE m.contact_id = c.id AND m.kind = 'customer'
                               ORDER BY m.id DESC LIMIT 1) wrote
             ON wrote.channel_id = ch.id OR wrote.channel_id IS NULL AND ch.kind = 'web_chat'
          WHERE c.id = $1 AND (ch.deactivated_at IS NULL OR ch.id = coalesce(e.channel_id, c.channel_id) AND e.id IS NOT NULL)
          ORDER BY greatest(known.used_at, wrote.created_at) DESC NULLS LAST, is_first DESC, ch.id",
    )
    .bind(contact)
    .bind(edited)
    .load(conn)?)
}

/// The channel that the form proposes for a contact; `None` for the contact's first.
pub fn preferred_channel(conn: &mut PgConnection, contact: ContactId) -> Result<Option<ChannelId>> {
    let channels = channels(conn, contact, None)?;
    Ok(channels.first().filter(|channel| !channel.is_first).map(|channel| channel.id))
}

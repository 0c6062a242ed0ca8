//! One schedule with everything that its page shows.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::{History, Related, files_of, history, is_readable, related};
use crate::auth::Account;
use crate::db;
use crate::error::{Error, Result};
use crate::files::Attachment;
use crate::ids::{ContactId, ScheduleId, TicketId};
use crate::outbox::{DeliveryState, Reason};
use crate::schedules::{Action, FailureReason, Status};

db::row! {
    /// A schedule with the names of what it refers to.
    #[derive(Debug)]
    pub struct Detail {
        pub id: ScheduleId,
        pub contact_id: ContactId,
        pub contact_name: String,
        pub phone: String,
        pub email: String,
        pub channel_name: String,
        /// The channel that was chosen in place of the contact's first.
        pub chosen_channel: Option<String>,
        pub person_name: Option<String>,
        pub department_name: String,
        pub attendant_name: Option<String>,
        pub action: Action,
        pub due_at: DateTime<Utc>,
        pub message: String,
        /// What the contact was sent, once it was: the message with its variables filled.
        pub sent_message: Option<String>,
        pub comment: String,
        pub status: Status,
        pub failure_reason: Option<FailureReason>,
        pub cancel_reason: Option<String>,
        pub ticket_id: Option<TicketId>,
        pub delivered_at: Option<DateTime<Utc>>,
        pub read_at: Option<DateTime<Utc>>,
        /// What became of its message in the outbox; `None` if no channel hands it over.
        pub delivery: Option<DeliveryState>,
        pub delivery_reason: Option<Reason>,
        pub delivery_detail: Option<String>,
        pub sender: Option<String>,
        pub sent_at: Option<DateTime<Utc>>,
        pub delivery_ended_at: Option<DateTime<Utc>>,
        /// Pending, but too close to another schedule because the company's spacing was changed.
        pub is_unspaced: bool,
        /// Whether it ended so long ago that retention may have deleted its history.
        pub may_lack_history: bool,
        /// When it was run by hand, before its time.
        pub fired_early_at: Option<DateTime<Utc>>,
        pub is_archived: bool,
        pub is_anonymised: bool,
        /// Whether the channel by which it goes is inactive.
        pub is_unreachable: bool,
        pub is_department_inactive: bool,
        pub is_attendant_inactive: bool,
        /// Whether a message or files are sent to the contact.
        pub sends: bool,
        /// Whether the viewer may follow "Ir para conversa".
        pub is_readable: bool,
    }
}

/// The schedule; `NotFound` if `viewer` may not read it.
pub fn detail(conn: &mut PgConnection, viewer: &Account, schedule: ScheduleId) -> Result<Detail> {
    // SQL text: the condition `is_readable` is shared as text, and many columns are computed.
    let detail: Detail = db::prepared(format!(
        "SELECT s.id, s.contact_id, c.name AS contact_name, c.phone, c.email, first.name AS channel_name,
                CASE WHEN s.channel_id IS NOT NULL THEN ch.name END AS chosen_channel,
                p.name AS person_name, d.name AS department_name, a.name AS attendant_name, s.action, s.due_at,
                s.message, m.body AS sent_message, s.comment, s.status, s.failure_reason, s.cancel_reason,
                s.status = 'scheduled' AND s.spacing_exempt AS is_unspaced,
                CASE WHEN s.status = 'completed' AND s.finished_at < s.due_at THEN s.finished_at END AS fired_early_at,
                coalesce(s.finished_at < (SELECT history_gone_before FROM retention), false) AS may_lack_history,
                c.archived_at IS NOT NULL AS is_archived, c.anonymised_at IS NOT NULL AS is_anonymised,
                ch.deactivated_at IS NOT NULL AND (s.channel_id IS NOT NULL OR NOT has_other_channel(c.id, ch.id)) AS is_unreachable,
                d.deactivated_at IS NOT NULL AS is_department_inactive,
                a.deactivated_at IS NOT NULL AS is_attendant_inactive, t.id AS ticket_id,
                coalesce(o.delivered_at, m.delivered_at) AS delivered_at, coalesce(o.read_at, m.read_at) AS read_at,
                o.state AS delivery, o.reason AS delivery_reason, nullif(o.detail, '') AS delivery_detail,
                sender.name AS sender, o.sent_at, o.ended_at AS delivery_ended_at,
                s.message <> '' OR EXISTS (SELECT FROM attachments f WHERE f.schedule_id = s.id) AS sends,
                false AS is_readable
           FROM schedules s
           JOIN contacts c ON c.id = s.contact_id
           JOIN channels first ON first.id = c.channel_id
           JOIN channels ch ON ch.id = coalesce(s.channel_id, c.channel_id)
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN people p ON p.id = s.person_id
           LEFT JOIN users a ON a.id = s.attendant_id
           LEFT JOIN tickets t ON t.schedule_id = s.id
           LEFT JOIN messages m ON m.schedule_id = s.id AND m.kind = 'attendant'
           LEFT JOIN outbox o ON o.message_id = m.id
           LEFT JOIN channels sender ON sender.id = o.channel_id
          WHERE s.id = $1 AND {}",
        is_readable("$2")
    ))
    .bind(schedule)
    .bind(viewer.id)
    .get_result(conn)
    .optional()?
    .ok_or(Error::NotFound)?;
    let readers = crate::conversations::readers::readers(conn, detail.contact_id, &[viewer.id])?;
    Ok(Detail { is_readable: !readers.is_empty(), ..detail })
}

/// A schedule with everything that its page shows.
#[derive(Debug)]
pub struct DetailPage {
    pub detail: Detail,
    pub history: History,
    /// The schedule that it replaces, and those that replace it.
    pub related: Vec<Related>,
    pub files: Vec<Attachment>,
}

impl DetailPage {
    pub fn load(conn: &mut PgConnection, viewer: &Account, schedule: ScheduleId) -> Result<Self> {
        Ok(Self {
            detail: detail(conn, viewer, schedule)?,
            history: history(conn, schedule)?,
            related: related(conn, viewer, schedule)?,
            files: files_of(conn, schedule)?,
        })
    }
}

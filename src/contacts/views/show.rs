//! The page of one contact.

use askama::Template;
use chrono::Utc;
use diesel::pg::PgConnection;

use super::history::{HistoryEntry, MAX_HISTORY_ENTRIES};
use super::{AffectedRecords, ArchivalPage, IdentityRow, LinkRevocationPage};
use crate::audit::{self, Change};
use crate::auth::Account;
use crate::contacts::identities::queries::{ContactIdentity, identities_of};
use crate::contacts::merge::{CurrentMerge, merge_of};
use crate::contacts::queries::{self, ContactDetail, PendingSchedule, TicketLine};
use crate::contacts::{AUDITED, display};
use crate::conversations::chat::{self, OpenAccess};
use crate::conversations::queries::{ContactSchedule, is_served_by, schedules_of};
use crate::conversations::readers::readers;
use crate::error::Result;
use crate::ids::{ContactId, PersonId};
use crate::phone::Phone;
use crate::schedules::Status;
use crate::tickets::TicketStatus;
use crate::web::{browser_name, initials, tint};

/// The records that the page shows.
pub struct ContactRecords {
    pub detail: ContactDetail,
    merge: Option<CurrentMerge>,
    identities: Vec<ContactIdentity>,
    tickets: Vec<TicketLine>,
    schedules: Vec<ContactSchedule>,
    history: Vec<Change>,
    pending: Vec<PendingSchedule>,
    has_conversation: bool,
    /// Whether the viewer serves the contact.
    serves_contact: bool,
    accesses: Vec<OpenAccess>,
}

impl ContactRecords {
    pub fn load(conn: &mut PgConnection, viewer: &Account, contact: ContactId) -> Result<Self> {
        Ok(Self {
            detail: queries::detail(conn, contact)?,
            merge: merge_of(conn, contact)?,
            identities: identities_of(conn, contact)?,
            tickets: queries::tickets(conn, contact)?,
            schedules: schedules_of(conn, viewer.id, contact)?,
            history: audit::newest_about(conn, AUDITED, contact.0, MAX_HISTORY_ENTRIES)?,
            pending: queries::pending_schedules(conn, contact)?,
            has_conversation: !readers(conn, contact, &[viewer.id])?.is_empty(),
            serves_contact: is_served_by(conn, viewer, contact)?,
            accesses: match viewer.manages_contacts() {
                true => chat::accesses(conn, contact)?,
                false => Vec::new(),
            },
        })
    }
}

#[derive(Template)]
#[template(path = "contacts/show.html")]
pub struct Show {
    id: ContactId,
    name: String,
    initials: String,
    tint: u32,
    sub: String,
    phone: String,
    email: String,
    channel: String,
    identities: Vec<IdentityRow>,
    person: Option<(Option<PersonId>, String)>,
    attendance: String,
    created: String,
    archived: Option<String>,
    /// The contact into which this one was merged.
    merged: Option<MergedInto>,
    /// Whether the number can receive messages. Service numbers, such as 0800, only take calls.
    takes_messages: bool,
    is_anonymised: bool,
    can_manage: bool,
    can_export: bool,
    can_schedule: bool,
    has_conversation: bool,
    /// Whether there is a link that the viewer may revoke. They may revoke it even if they may not see it.
    has_link: bool,
    link: Option<String>,
    /// The browsers in which the customer opened the link, if the viewer may sign them out.
    accesses: Vec<AccessRow>,
    schedules: Vec<ScheduleRow>,
    tickets: Vec<TicketRow>,
    history: Vec<HistoryEntry>,
    archival: ArchivalPage,
    revocation: LinkRevocationPage,
}

struct MergedInto {
    kept: ContactId,
    name: String,
    /// When and by whom.
    how: String,
    is_separable: bool,
}

struct AccessRow {
    browser: String,
    seen: String,
    since: String,
}

struct ScheduleRow {
    page: String,
    due: String,
    status: Status,
    action: &'static str,
}

struct TicketRow {
    page: Option<String>,
    protocol: i64,
    status: TicketStatus,
    summary: String,
}

impl Show {
    pub fn new(viewer: &Account, page: ContactRecords, link: String) -> Self {
        let zone = viewer.zone;
        let ContactRecords {
            detail,
            merge,
            identities,
            tickets,
            schedules,
            history,
            pending,
            has_conversation,
            serves_contact,
            accesses,
        } = page;
        let can_manage = viewer.manages_contacts() && detail.anonymised_at.is_none();
        let open = tickets.first().filter(|ticket| ticket.status == TicketStatus::Open).map(|t| t.protocol);
        let affected = AffectedRecords::new(viewer, pending, open);
        Self {
            id: detail.id,
            initials: initials(&detail.name),
            tint: tint(&detail.id),
            sub: display::subtitle(&detail.phone, &detail.email, &detail.channel_name),
            archival: ArchivalPage::new(&detail, affected, true),
            revocation: LinkRevocationPage::new(&detail, true),
            phone: display::phone(&detail.phone),
            identities: identities.into_iter().map(|identity| IdentityRow::new(viewer, identity)).collect(),
            takes_messages: Phone::parse(&detail.phone).map_or(true, |phone| phone.takes_messages()),
            person: detail
                .person_name
                .map(|name| (detail.person_id.filter(|_| viewer.manages_contacts()), name)),
            attendance: match (detail.department_name, detail.attendant_name) {
                (Some(department), Some(attendant)) => format!("{department}, {attendant}"),
                (Some(department), None) => format!("{department}, fila do departamento"),
                (None, _) => String::new(),
            },
            created: zone.date_time(detail.created_at),
            archived: detail.archived_at.map(|at| zone.date_time(at)),
            merged: merge.map(|merge| merged_into(viewer, merge)),
            is_anonymised: detail.anonymised_at.is_some(),
            can_manage,
            can_export: viewer.exports_contacts(),
            can_schedule: viewer.can_schedule() && detail.archived_at.is_none(),
            has_conversation,
            has_link: detail.has_chat && can_manage,
            link: (detail.has_chat && can_manage && serves_contact).then_some(link),
            accesses: accesses.into_iter().map(|access| access_row(viewer, access)).collect(),
            schedules: schedules.iter().map(|schedule| schedule_row(viewer, schedule)).collect(),
            tickets: tickets.into_iter().map(|ticket| ticket_row(viewer, ticket, has_conversation)).collect(),
            history: HistoryEntry::all(viewer, &history, detail.created_at),
            email: detail.email,
            channel: detail.channel_name,
            name: detail.name,
        }
    }
}

fn merged_into(viewer: &Account, merge: CurrentMerge) -> MergedInto {
    let at = viewer.zone.date_time(merge.merged_at);
    MergedInto {
        kept: merge.kept_id,
        name: merge.kept_name,
        how: match merge.by {
            Some(by) => format!("desde {at}, por {by}"),
            None => format!("desde {at}, porque a conexão mostrou que é o mesmo cliente"),
        },
        is_separable: merge.is_separable,
    }
}

fn access_row(viewer: &Account, access: OpenAccess) -> AccessRow {
    AccessRow {
        browser: browser_name(&access.user_agent),
        seen: viewer.zone.relative(access.seen_at, Utc::now()),
        since: viewer.zone.date_time(access.created_at),
    }
}

fn schedule_row(viewer: &Account, schedule: &ContactSchedule) -> ScheduleRow {
    ScheduleRow {
        page: format!("/schedules/{}", schedule.id),
        due: viewer.zone.short(schedule.due_at),
        status: schedule.status,
        action: schedule.action.short_label(),
    }
}

fn ticket_row(viewer: &Account, ticket: TicketLine, is_readable: bool) -> TicketRow {
    TicketRow {
        page: is_readable.then(|| format!("/tickets/{}", ticket.id)),
        protocol: ticket.protocol,
        status: ticket.status,
        summary: format!("{}, {}", ticket.department, viewer.zone.short(ticket.opened_at)),
    }
}

//! The conversation's page as finished data.

use askama::Template;
use uuid::Uuid;

use super::TicketList;
use super::queries::{self, Contact, ContactSchedule, Conversation, Subject};
use super::readers::serves;
use super::thread::{Foot, Items, Kind, Part, Window, receipts, team_items};
use crate::auth::Account;
use crate::contacts::display;
use crate::ids::{ContactId, MessageId, TicketId};
use crate::schedules::Status;
use crate::tickets::{Ticket, TicketStatus, may_attend};
use crate::web::{initials, tint};

/// What the request adds to the data of a conversation.
pub struct PageContext {
    pub subject: Subject,
    pub window: Window,
    pub draft: ReplyDraft,
    /// Whether closing the ticket was stopped, because there are messages that the user has not seen.
    pub asks_to_confirm_closing: bool,
    /// The customer's link.
    pub link: String,
}

/// The message being written.
pub struct ReplyDraft {
    body: String,
    kind: Kind,
    key: String,
    error: Option<String>,
}

impl ReplyDraft {
    /// Empty, with a new key.
    pub fn new() -> Self {
        Self { body: String::new(), kind: Kind::Attendant, key: Uuid::new_v4().to_string(), error: None }
    }

    /// A typed message that could not be sent.
    pub fn refused(kind: Kind, body: &str, key: &str, error: impl Into<String>) -> Self {
        Self { body: body.to_owned(), kind, key: key.to_owned(), error: Some(error.into()) }
    }

    /// A message that was being written when something else was submitted.
    pub fn unsent(kind: Kind, body: &str, key: &str) -> Self {
        let key = if key.trim().is_empty() { Uuid::new_v4().to_string() } else { key.to_owned() };
        Self { body: body.to_owned(), kind, key, error: None }
    }

    pub fn is_empty(&self) -> bool {
        self.body.trim().is_empty()
    }

    fn is_comment(&self) -> bool {
        self.kind == Kind::Comment
    }
}

impl Default for ReplyDraft {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Template)]
#[template(path = "conversations/show.html")]
pub struct Show {
    ticket_list: Option<TicketList>,
    contact: Profile,
    ticket: Option<Head>,
    schedule_path: Option<String>,
    can_close: bool,
    items: Items,
    older: Option<String>,
    /// Address of the page with all messages; `None` if they are all shown.
    whole: Option<String>,
    /// Address of the page with the newest messages; `None` if they are shown.
    newest: Option<String>,
    last: MessageId,
    state: String,
    composer: Composer,
    draft: ReplyDraft,
    /// Whether closing the ticket was stopped, because there are messages that the user has not seen.
    asks_to_confirm_closing: bool,
    link: Option<String>,
    schedules: Vec<ScheduleRow>,
    earlier_title: &'static str,
    earlier: Vec<Earlier>,
}

struct Profile {
    id: ContactId,
    name: String,
    initials: String,
    tint: u32,
    phone: String,
    email: String,
    person: Option<String>,
    is_archived: bool,
}

struct Head {
    id: TicketId,
    protocol: i64,
    status: TicketStatus,
    department: String,
    attendant: String,
}

/// What is shown below the thread.
enum Composer {
    Reply(TicketId),
    /// The ticket in the head is closed. Holds the open one, if there is another.
    Closed(Option<(TicketId, i64)>),
    ReadOnly,
    NoTicket,
}

struct ScheduleRow {
    page: String,
    due: String,
    status: Status,
    action: &'static str,
}

struct Earlier {
    id: TicketId,
    protocol: i64,
    status: TicketStatus,
    summary: String,
}

impl Show {
    pub fn of(
        found: Conversation,
        ticket_list: Option<TicketList>,
        viewer: &Account,
        context: PageContext,
    ) -> Self {
        let Conversation { contact, ticket, tickets, part, schedules } = found;
        let path = match context.subject {
            Subject::Contact(contact) => format!("/contacts/{contact}/conversation"),
            Subject::Ticket(ticket) => format!("/tickets/{ticket}"),
        };
        let open = tickets.first().filter(|newest| newest.is_open());
        let composer = composer(ticket.as_ref(), open, viewer);
        let shown = ticket.as_ref().map(|ticket| ticket.core.id);
        Self {
            ticket_list,
            schedule_path: (viewer.can_schedule() && !contact.is_archived)
                .then(|| schedule_path(contact.id, shown)),
            can_close: matches!(composer, Composer::Reply(_)),
            items: team_items(&part, viewer, &contact.name),
            older: older(&part).map(|id| format!("{path}?before={id}")),
            whole: (part.has_more && context.window != Window::Whole).then(|| format!("{path}?whole=1")),
            newest: (!context.window.has_newest()).then_some(path),
            last: part.messages.last().map_or(MessageId(0), |message| message.id),
            state: state(tickets.first()),
            composer,
            draft: context.draft,
            asks_to_confirm_closing: context.asks_to_confirm_closing,
            link: (contact.has_chat && serves(viewer, tickets.first(), contact.default_department))
                .then_some(context.link),
            schedules: schedules.into_iter().map(|schedule| schedule_row(&schedule, viewer)).collect(),
            earlier_title: match &open {
                Some(open) if Some(open.core.id) != shown => "Outros chamados",
                _ => "Chamados anteriores",
            },
            earlier: earlier(&tickets, shown, viewer),
            ticket: ticket.map(head),
            contact: profile(contact),
        }
    }
}

/// The fragment that updates an open page: what it is missing, and whether the rest is out of date.
#[derive(Template)]
#[template(path = "conversations/_update.html")]
pub struct Update {
    items: Items,
    has_more: bool,
    older: Option<String>,
    state: String,
    receipts: Vec<Foot>,
}

impl Update {
    pub fn of(update: queries::Update, contact: ContactId, viewer: &Account) -> Self {
        Self {
            items: team_items(&update.part, viewer, &update.contact),
            has_more: update.part.has_more,
            older: older(&update.part).map(|id| format!("/contacts/{contact}/conversation?before={id}")),
            state: state(update.newest_ticket.as_ref()),
            receipts: receipts(&update.shown.messages, viewer),
        }
    }
}

fn composer(shown: Option<&Ticket>, open: Option<&Ticket>, viewer: &Account) -> Composer {
    match shown {
        None => Composer::NoTicket,
        Some(ticket) if !ticket.is_open() => {
            Composer::Closed(open.map(|open| (open.core.id, open.core.protocol)))
        }
        Some(ticket) if may_attend(viewer, &ticket.core) => Composer::Reply(ticket.core.id),
        Some(_) => Composer::ReadOnly,
    }
}

/// A key that changes whenever the head, the composer or the side of an open page would change.
fn state(newest: Option<&Ticket>) -> String {
    newest.map_or("none".into(), |ticket| {
        let attendant = ticket.core.attendant_id.map_or(0, |user| user.0);
        format!("{}-{}-{}-{attendant}", ticket.core.id, ticket.status.as_str(), ticket.core.department_id)
    })
}

/// The id before which older messages are fetched, if there are any.
fn older(part: &Part) -> Option<MessageId> {
    part.messages.first().filter(|_| part.has_more).map(|first| first.id)
}

fn schedule_path(contact: ContactId, ticket: Option<TicketId>) -> String {
    match ticket {
        Some(ticket) => format!("/schedules/new?contact_id={contact}&ticket_id={ticket}"),
        None => format!("/schedules/new?contact_id={contact}"),
    }
}

fn profile(contact: Contact) -> Profile {
    Profile {
        id: contact.id,
        initials: initials(&contact.name),
        tint: tint(&contact.id),
        phone: display::phone(&contact.phone),
        email: contact.email,
        person: contact.person,
        is_archived: contact.is_archived,
        name: contact.name,
    }
}

fn head(ticket: Ticket) -> Head {
    Head {
        id: ticket.core.id,
        protocol: ticket.core.protocol,
        status: ticket.status,
        department: ticket.department,
        attendant: ticket.attendant.unwrap_or_else(|| "Fila do departamento".into()),
    }
}

fn schedule_row(schedule: &ContactSchedule, viewer: &Account) -> ScheduleRow {
    ScheduleRow {
        page: format!("/schedules/{}", schedule.id),
        due: viewer.zone.short(schedule.due_at),
        status: schedule.status,
        action: schedule.action.short_label(),
    }
}

fn earlier(tickets: &[Ticket], shown: Option<TicketId>, viewer: &Account) -> Vec<Earlier> {
    let others = tickets.iter().filter(|ticket| Some(ticket.core.id) != shown);
    others
        .map(|ticket| Earlier {
            id: ticket.core.id,
            protocol: ticket.core.protocol,
            status: ticket.status,
            summary: format!("{} · {}", viewer.zone.date(ticket.opened_at), ticket.department),
        })
        .collect()
}

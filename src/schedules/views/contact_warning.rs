//! The warnings about the contact that is chosen in the form.

use askama::Template;
use diesel::pg::PgConnection;

use super::ChannelField;
use crate::auth::Viewer;
use crate::error::Result;
use crate::ids::UserId;
use crate::schedules::draft::Facts;
use crate::schedules::form::ScheduleInput;
use crate::tickets::queries::UnreadMessage;
use crate::tickets::{self, OpenTicket, SeenThread};

/// The facts about the chosen contact.
#[derive(Clone, Debug)]
pub struct ContactFacts {
    open_ticket: Option<ShownTicket>,
    is_unreachable: bool,
}

/// The contact's open ticket, as the form shows it.
#[derive(Clone, Debug)]
struct ShownTicket {
    ticket: OpenTicket,
    /// What the form sends back to close it.
    seen: SeenThread,
    /// Whether an earlier page of the form showed it.
    was_shown: bool,
    /// Messages that should be read before it is closed.
    unread: Vec<UnreadMessage>,
}

impl ContactFacts {
    pub fn of(conn: &mut PgConnection, facts: &Facts, viewer: UserId, typed: &ScheduleInput) -> Result<Self> {
        let open = match facts.contact {
            Some(contact) => tickets::open_ticket_of(conn, contact.id)?,
            None => None,
        };
        let before: Option<SeenThread> = typed.open_ticket.parse().ok();
        let open_ticket = match open {
            Some(ticket) => Some(ShownTicket::of(conn, ticket, viewer, before)?),
            None => None,
        };
        let is_unreachable = facts.contact.is_some_and(|contact| !contact.is_reachable);
        Ok(Self { open_ticket, is_unreachable })
    }
}

impl ShownTicket {
    fn of(
        conn: &mut PgConnection,
        ticket: OpenTicket,
        viewer: UserId,
        before: Option<SeenThread>,
    ) -> Result<Self> {
        let before = before.filter(|seen| seen.ticket == ticket.id).map(|seen| seen.up_to);
        // A message that arrives between the two statements does not count as seen.
        let up_to = tickets::queries::last_message(conn, ticket.id)?;
        let unread = tickets::queries::unread_messages(conn, ticket.id, before, viewer)?;
        Ok(Self {
            ticket,
            seen: SeenThread { ticket: ticket.id, up_to },
            was_shown: before.is_some(),
            unread,
        })
    }
}

/// "Este contato tem um chamado aberto", and the button that also closes it; or the warning that nothing can
/// be sent to the contact.
#[derive(Template, Default)]
#[template(path = "schedules/_contact_warning.html")]
pub struct ContactWarning {
    protocol: Option<i64>,
    is_unreachable: bool,
    pub(super) may_close: bool,
    was_shown: bool,
    /// What the form sends back about the ticket that it shows.
    pub(super) seen: String,
    /// Messages to be read before the ticket is closed: author and text.
    unread: Vec<(String, String)>,
    has_more_unread: bool,
    conversation: String,
    /// In an answer to htmx: the choice of the channel. The button in the form's foot comes with it.
    channel: Option<ChannelField>,
}

impl ContactWarning {
    pub fn new(viewer: &Viewer, facts: ContactFacts, channel: Option<ChannelField>) -> Self {
        let ContactFacts { open_ticket, is_unreachable } = facts;
        let Some(ShownTicket { ticket, seen, was_shown, mut unread }) = open_ticket else {
            return Self { is_unreachable, channel, ..Self::default() };
        };
        let may_close = tickets::may_attend(viewer, &ticket);
        if !may_close {
            unread.clear();
        }
        let has_more_unread = unread.len() > tickets::queries::UNREAD_SHOWN;
        let newest = unread.into_iter().skip(usize::from(has_more_unread));
        Self {
            protocol: Some(ticket.protocol),
            is_unreachable,
            may_close,
            was_shown,
            seen: seen.to_string(),
            unread: newest.map(in_words).collect(),
            has_more_unread,
            conversation: format!("/tickets/{}", ticket.id),
            channel,
        }
    }

    /// The question before the ticket is closed.
    pub(super) fn question(&self) -> String {
        match (self.was_shown, self.protocol) {
            (false, Some(protocol)) => {
                format!("O chamado aberto deste contato agora é o nº {protocol}, que não estava na sua tela.")
            }
            _ => "Chegaram mensagens no chamado que não estavam na sua tela.".into(),
        }
    }
}

fn in_words(message: UnreadMessage) -> (String, String) {
    let author = message.author.unwrap_or_else(|| "Mensagem agendada".into());
    let body = if message.body.trim().is_empty() { "(arquivo)".into() } else { message.body };
    (author, body)
}

//! "Salvar e fechar chamado": saves the schedule and closes the contact's open ticket in one transaction.
//!
//! The form names the ticket that it showed, and the last message that it showed. Only that ticket is closed,
//! and only if nobody else has written in it since. Otherwise the new messages are shown and the user is
//! asked again.

use diesel::pg::PgConnection;

use super::form::ScheduleInput;
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::TicketId;
use crate::tickets::{self, SeenThread};

/// What happens to the open ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketClosing {
    /// There is nothing to close. `was_closed`: whether an earlier submission of this form closed the ticket.
    NothingToClose { was_closed: bool },
    /// This ticket will be closed after the schedule is saved.
    Close(TicketId),
    /// The user must be asked: this is not the ticket that the form showed, or it has messages that the form
    /// did not show.
    Ask,
}

impl TicketClosing {
    /// Decides what happens to the ticket. `is_repeated`: whether an earlier submission of this form has
    /// saved the schedule. Locks the contact, so that no message is added until the transaction ends.
    ///
    /// # Errors
    /// `Forbidden` if the account may not close that ticket.
    pub fn decide(
        conn: &mut PgConnection,
        typed: &ScheduleInput,
        by: &Account,
        is_repeated: bool,
    ) -> Result<Self> {
        let Some(contact) = typed.ids().contact else {
            return Ok(Self::NothingToClose { was_closed: false });
        };
        tickets::queries::lock_contact(conn, contact)?;
        let seen: Option<SeenThread> = typed.open_ticket.parse().ok();
        let open = tickets::open_ticket_of(conn, contact)?;
        // A form without a ticket has not shown the open one, even if the user has seen it elsewhere.
        let is_shown = seen.is_some_and(|seen| open.is_some_and(|open| open.id == seen.ticket));
        if open.is_none() || (is_repeated && !is_shown) {
            let was_closed = match seen {
                Some(seen) => tickets::queries::is_closed_by(conn, seen.ticket, by.id)?,
                None => false,
            };
            // The ticket that is open now was opened after the first submission closed the one it showed.
            if open.is_none() || was_closed {
                return Ok(Self::NothingToClose { was_closed });
            }
        }
        let Some(open) = open else { return Ok(Self::NothingToClose { was_closed: false }) };
        if !tickets::may_attend(by, &open) {
            return Err(Error::Forbidden);
        }
        let up_to = seen.map(|seen| seen.up_to);
        let has_news = !is_shown || tickets::queries::has_unseen_messages(conn, open.id, up_to, by.id)?;
        Ok(if has_news { Self::Ask } else { Self::Close(open.id) })
    }

    /// Closes the ticket if it must be closed. Returns whether the ticket that the form showed is closed.
    pub fn carry_out(self, conn: &mut PgConnection, by: &Account) -> Result<bool> {
        match self {
            Self::NothingToClose { was_closed } => Ok(was_closed),
            Self::Close(ticket) => tickets::close(conn, ticket, by),
            Self::Ask => Ok(false),
        }
    }
}

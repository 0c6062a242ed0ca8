//! "Salvar e fechar chamado": the contact's open ticket is closed with the schedule, in one transaction.
//!
//! The form says which ticket it showed, and up to which message. Only that ticket is closed, and only if
//! nobody else has written in it since: else the person is shown what came, and asked.

use diesel::pg::PgConnection;

use super::form::Typed;
use crate::auth::Viewer;
use crate::error::{Error, Result};
use crate::ids::TicketId;
use crate::tickets::{self, Seen};

/// What becomes of the open ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Nothing is left to close. Whether this form has closed it before.
    Over { was_closed: bool },
    /// This one is closed, once the schedule is saved.
    Closes(TicketId),
    /// It is not the ticket that the form showed, or holds messages that the form did not show.
    Asks,
}

impl Closing {
    /// What a form asks for, which `is_repeated` if it has saved its schedule before. The contact is locked
    /// from here on, so that nothing more is written until the transaction ends.
    ///
    /// # Errors
    /// `Forbidden` to close that ticket; or the database is unreachable.
    pub fn asked_by(
        conn: &mut PgConnection,
        typed: &Typed,
        viewer: &Viewer,
        is_repeated: bool,
    ) -> Result<Self> {
        let Some(contact) = typed.ids().contact else { return Ok(Self::Over { was_closed: false }) };
        tickets::queries::lock_contact(conn, contact)?;
        let seen: Option<Seen> = typed.open_ticket.parse().ok();
        let open = tickets::open_ticket_of(conn, contact)?;
        // A form that shows no ticket has shown none, whoever else may have seen it.
        let is_shown = seen.is_some_and(|seen| open.is_some_and(|open| open.id == seen.ticket));
        if open.is_none() || (is_repeated && !is_shown) {
            let was_closed = match seen {
                Some(seen) => tickets::queries::is_closed_by(conn, seen.ticket, viewer.id)?,
                None => false,
            };
            // What is open now was opened since the first try closed the one that it showed.
            if open.is_none() || was_closed {
                return Ok(Self::Over { was_closed });
            }
        }
        let Some(open) = open else { return Ok(Self::Over { was_closed: false }) };
        if !tickets::may_close(viewer, &open) {
            return Err(Error::Forbidden);
        }
        let up_to = seen.map(|seen| seen.up_to);
        let has_news = !is_shown || tickets::queries::has_news(conn, open.id, up_to, viewer.id)?;
        Ok(if has_news { Self::Asks } else { Self::Closes(open.id) })
    }

    /// Closes what is to be closed, and returns whether the form's ticket is closed by it.
    pub fn carry_out(self, conn: &mut PgConnection, viewer: &Viewer, ip: &str) -> Result<bool> {
        match self {
            Self::Over { was_closed } => Ok(was_closed),
            Self::Closes(ticket) => tickets::close(conn, ticket, viewer.id, ip),
            Self::Asks => Ok(false),
        }
    }
}

//! Tickets ("chamados"): one service case of a contact, with a protocol number.
//!
//! A contact has at most one open ticket. It is in the queue of a department, with or without an attendant;
//! the first user who answers it becomes its attendant. A closed ticket never reopens: the customer's next
//! message opens another. Nobody closes a ticket over a message that they have not seen: the page sends back
//! what it showed ([`SeenThread`]). A ticket may be answered and closed by its attendant, by users of its
//! department who attend tickets, and by users who attend all tickets.

pub mod close;
mod hand_over;
mod open;
pub mod queries;
mod read;
mod ticket;

pub use close::close;
pub use hand_over::{Handover, hand_over};
pub use open::open;
pub use queries::open_ticket_of;
pub use read::read;
pub use ticket::{OpenTicket, SeenThread, Ticket, TicketStatus, may_attend};

use diesel::pg::PgConnection;

use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::TicketId;

/// Locks the contact of `ticket` and returns the current ticket, if `viewer` attends it.
///
/// # Errors
/// `NotFound`, also if the viewer does not attend it.
pub fn lock_attended(conn: &mut PgConnection, viewer: &Account, ticket: TicketId) -> Result<Ticket> {
    queries::lock_contact_of(conn, ticket)?;
    let ticket = queries::ticket(conn, ticket)?;
    if may_attend(viewer, &ticket.core) { Ok(ticket) } else { Err(Error::NotFound) }
}

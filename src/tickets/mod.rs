//! Tickets ("chamados"): one service case of a contact, with a protocol number.
//!
//! A contact has at most one open ticket. It is in the queue of a department, with or without an attendant;
//! the first user who answers it becomes its attendant. A closed ticket never reopens: the customer's next
//! message opens another. Nobody closes a ticket over a message that they have not seen: the page sends back
//! what it showed ([`Seen`]). A ticket may be answered and closed by its attendant, by users of its
//! department who attend tickets, and by users who attend all tickets.

mod form;
pub mod handlers;
mod inbox;
pub mod queries;
mod ticket;

pub use inbox::{Inbox, queries::count_unseen, queries::unseen};
pub use queries::{Handover, close, hand_over, open_ticket_of};
pub use ticket::{OpenTicket, Seen, Ticket, TicketStatus, may_close};

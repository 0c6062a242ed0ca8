//! What a ticket is, and who may act on it.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};

use crate::auth::{Permission, Person};
use crate::ids::{DepartmentId, TicketId, UserId};

/// The one open ticket of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct OpenTicket {
    #[diesel(sql_type = BigInt)]
    pub id: TicketId,
    #[diesel(sql_type = BigInt)]
    pub protocol: i64,
    #[diesel(sql_type = BigInt)]
    pub department_id: DepartmentId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub attendant_id: Option<UserId>,
}

/// Whether `viewer` may close that ticket, and so reply to it: it is of one of their departments,
/// or their own, or they attend every ticket.
pub fn may_close(viewer: &Person, ticket: &OpenTicket) -> bool {
    let is_theirs =
        ticket.attendant_id == Some(viewer.id) || viewer.departments.contains(&ticket.department_id);
    viewer.may(Permission::TicketsAll) || (viewer.may(Permission::Tickets) && is_theirs)
}

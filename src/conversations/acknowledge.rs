//! Records which messages reached a customer.

use diesel::pg::PgConnection;

use super::thread;
use crate::error::Result;
use crate::ids::{ContactId, MessageId};
use crate::live::{self, Event};

/// Records which messages were delivered to the customer and which they read, within the caller's
/// transaction. The channel must have locked the contact.
pub fn acknowledge(
    conn: &mut PgConnection,
    contact: ContactId,
    delivered: &[MessageId],
    read: &[MessageId],
) -> Result<()> {
    let changed = thread::queries::acknowledge(conn, contact, delivered, read)?;
    if changed.is_empty() {
        return Ok(());
    }
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    live::announce(conn, &Event::SchedulesChanged(changed.into_iter().flatten().collect()))
}

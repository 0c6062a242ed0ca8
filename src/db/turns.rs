//! Requests that write to the same contact wait in line here, and not in the database.
//!
//! A contact can be locked for a long time, by a hanging transaction or by an import. If requests waited for
//! it with a connection and a thread, other requests would have fewer. So of all requests that write to a
//! contact, its tickets or its schedules, only one at a time has a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::ids::{ContactId, ScheduleId, TicketId};
use crate::schema::{schedules, tickets};

/// Maximum wait for a turn before a request is answered 503.
const PATIENCE: Duration = Duration::from_secs(2);

/// Maximum number of requests waiting for one contact; further ones are answered 503 at once.
const MOST_WAITING: usize = 32;

/// A row that a transaction locks. It determines the contact, which every such transaction locks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Contact(ContactId),
    Ticket(TicketId),
    Schedule(ScheduleId),
}

impl Row {
    /// The contact of this row; `None` if the row does not exist.
    pub fn contact(self, conn: &mut PgConnection) -> Result<Option<ContactId>> {
        Ok(match self {
            Self::Contact(id) => Some(id),
            Self::Ticket(id) => {
                tickets::table.find(id.0).select(tickets::contact_id).first(conn).optional()?.map(ContactId)
            }
            Self::Schedule(id) => schedules::table
                .find(id.0)
                .select(schedules::contact_id)
                .first(conn)
                .optional()?
                .map(ContactId),
        })
    }
}

impl From<ContactId> for Row {
    fn from(id: ContactId) -> Self {
        Self::Contact(id)
    }
}

impl From<TicketId> for Row {
    fn from(id: TicketId) -> Self {
        Self::Ticket(id)
    }
}

impl From<ScheduleId> for Row {
    fn from(id: ScheduleId) -> Self {
        Self::Schedule(id)
    }
}

/// The waiting lines of this process, one per contact. Cheap to clone.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<ContactId, Line>>>);

struct Line {
    turn: Arc<Semaphore>,
    /// Number of requests in the line, including the one whose turn it is.
    length: usize,
}

impl Turns {
    /// Waits until no other request of this process writes to `contact`.
    ///
    /// # Errors
    /// `Unavailable` after `PATIENCE`, or at once if too many requests wait already.
    pub async fn take(&self, contact: ContactId) -> Result<Turn> {
        let turn = {
            let mut lines = self.lines();
            let line =
                lines.entry(contact).or_insert_with(|| Line { turn: Arc::new(Semaphore::new(1)), length: 0 });
            if line.length > MOST_WAITING {
                return Err(Error::Unavailable(format!("too many wait for contact {contact}")));
            }
            line.length += 1;
            line.turn.clone()
        };
        let place = Place { turns: self.clone(), contact };
        let permit = timeout(PATIENCE, turn.acquire_owned()).await;
        let permit =
            permit.map_err(|_| Error::Unavailable(format!("waited too long for contact {contact}")))?;
        Ok(Turn { _permit: permit.map_err(Error::unexpected)?, _place: place })
    }

    /// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
    fn lines(&self) -> MutexGuard<'_, HashMap<ContactId, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to lock a contact. Dropping it passes the turn to the next request.
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

struct Place {
    turns: Turns,
    contact: ContactId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.turns.lines();
        if let Some(line) = lines.get_mut(&self.contact) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.contact);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const MARINA: ContactId = ContactId(1);

    #[actix_web::test]
    async fn one_at_a_time_writes_to_a_contact_and_others_do_not_wait_for_them() {
        let turns = Turns::default();
        let first = turns.take(MARINA).await.unwrap();
        let mut second = Box::pin(turns.take(MARINA));
        assert!(second.as_mut().now_or_never().is_none());
        turns.take(ContactId(2)).now_or_never().unwrap().unwrap();
        drop(first);
        second.await.unwrap();
        assert!(turns.lines().is_empty());
    }

    #[actix_web::test]
    async fn who_waits_for_too_long_or_comes_when_many_wait_is_refused() {
        tokio::time::pause();
        let turns = Turns::default();
        let _first = turns.take(MARINA).await.unwrap();
        let mut waiting: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(turns.take(MARINA))).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        assert!(matches!(turns.take(MARINA).now_or_never(), Some(Err(Error::Unavailable(_)))));
        drop(waiting);
        assert!(matches!(turns.take(MARINA).await, Err(Error::Unavailable(_))));
    }
}

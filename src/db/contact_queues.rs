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
const TURN_TIME_OUT: Duration = Duration::from_secs(2);

/// Maximum number of requests waiting for one contact; further ones are answered 503 at once.
const MAX_WAITING: usize = 32;

/// A row that a transaction locks. It determines the contact, which every such transaction locks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockedRow {
    Contact(ContactId),
    Ticket(TicketId),
    Schedule(ScheduleId),
}

impl LockedRow {
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

impl From<ContactId> for LockedRow {
    fn from(id: ContactId) -> Self {
        Self::Contact(id)
    }
}

impl From<TicketId> for LockedRow {
    fn from(id: TicketId) -> Self {
        Self::Ticket(id)
    }
}

impl From<ScheduleId> for LockedRow {
    fn from(id: ScheduleId) -> Self {
        Self::Schedule(id)
    }
}

/// The waiting queues of this process, one per contact. Cheap to clone.
#[derive(Clone, Default)]
pub struct ContactQueues(Arc<Mutex<HashMap<ContactId, Queue>>>);

struct Queue {
    turn: Arc<Semaphore>,
    /// Number of requests in the queue, including the one whose turn it is.
    length: usize,
}

impl ContactQueues {
    /// Waits until no other request of this process writes to `contact`.
    ///
    /// # Errors
    /// `Unavailable` after `TURN_TIME_OUT`, or at once if too many requests wait already.
    pub async fn take(&self, contact: ContactId) -> Result<ContactTurn> {
        let turn = {
            let mut queues = self.queues();
            let queue = queues
                .entry(contact)
                .or_insert_with(|| Queue { turn: Arc::new(Semaphore::new(1)), length: 0 });
            if queue.length > MAX_WAITING {
                return Err(Error::Unavailable(format!("too many wait for contact {contact}")));
            }
            queue.length += 1;
            queue.turn.clone()
        };
        let place = QueuePlace { queues: self.clone(), contact };
        let permit = timeout(TURN_TIME_OUT, turn.acquire_owned()).await;
        let permit =
            permit.map_err(|_| Error::Unavailable(format!("waited too long for contact {contact}")))?;
        Ok(ContactTurn { _permit: permit.map_err(Error::unexpected)?, _place: place })
    }

    /// As [`ContactQueues::take`], for several contacts. [`TURN_TIME_OUT`] is for all of them together. Takes them in
    /// the order of ids, so that no two requests wait for each other.
    pub async fn take_all(&self, mut contacts: Vec<ContactId>) -> Result<Vec<ContactTurn>> {
        contacts.sort_unstable();
        contacts.dedup();
        let taking = async {
            let mut turns = Vec::with_capacity(contacts.len());
            for contact in contacts {
                turns.push(self.take(contact).await?);
            }
            Ok(turns)
        };
        let waited = |_| Error::Unavailable("waited too long for several contacts".into());
        timeout(TURN_TIME_OUT, taking).await.map_err(waited)?
    }

    /// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
    fn queues(&self) -> MutexGuard<'_, HashMap<ContactId, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to lock a contact. Dropping it passes the turn to the next request.
pub struct ContactTurn {
    _permit: OwnedSemaphorePermit,
    _place: QueuePlace,
}

struct QueuePlace {
    queues: ContactQueues,
    contact: ContactId,
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        let mut queues = self.queues.queues();
        if let Some(queue) = queues.get_mut(&self.contact) {
            queue.length -= 1;
            if queue.length == 0 {
                queues.remove(&self.contact);
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
    async fn requests_queue_only_behind_writers_of_the_same_contact() {
        let queues = ContactQueues::default();
        let first = queues.take(MARINA).await.unwrap();
        let mut second = Box::pin(queues.take(MARINA));
        assert!(second.as_mut().now_or_never().is_none());
        queues.take(ContactId(2)).now_or_never().unwrap().unwrap();
        drop(first);
        second.await.unwrap();
        assert!(queues.queues().is_empty());
    }

    #[actix_web::test]
    async fn a_request_for_several_contacts_waits_for_each_and_holds_none_when_refused() {
        tokio::time::pause();
        let queues = ContactQueues::default();
        let (one, other) = (ContactId(1), ContactId(2));
        let held = queues.take(other).await.unwrap();
        assert!(matches!(queues.take_all(vec![other, one, other]).await, Err(Error::Unavailable(_))));
        drop(held);
        let both = queues.take_all(vec![other, one, other]).await.unwrap();
        assert!(matches!(queues.take(one).await, Err(Error::Unavailable(_))));
        drop(both);
        assert!(queues.queues().is_empty());
    }

    #[actix_web::test]
    async fn a_request_is_refused_after_a_long_wait_or_in_a_full_queue() {
        tokio::time::pause();
        let queues = ContactQueues::default();
        let _first = queues.take(MARINA).await.unwrap();
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(queues.take(MARINA))).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        assert!(matches!(queues.take(MARINA).now_or_never(), Some(Err(Error::Unavailable(_)))));
        drop(waiting);
        assert!(matches!(queues.take(MARINA).await, Err(Error::Unavailable(_))));
    }
}

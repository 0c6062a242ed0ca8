//! Who waits for the same row waits here, one behind the other, and not in the database.
//!
//! A row may be locked for long: by somebody's transaction that hangs, by an import. Whoever waits for it with a
//! connection and a thread takes them from those who want something else. So of those who want the same row,
//! one at a time has a connection; the others hold nothing but their request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::ids::{ContactId, ScheduleId, TicketId};

/// How long a request waits for its turn before it is answered 503.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most requests that wait for one row; further ones are answered 503 at once.
const MOST_WAITING: usize = 32;

/// A row that transactions lock before they write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    Contact(ContactId),
    /// A ticket stands for its contact.
    Ticket(TicketId),
    Schedule(ScheduleId),
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

/// The lines of a process, cheap to clone.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<Row, Line>>>);

struct Line {
    turn: Arc<Semaphore>,
    /// Those who wait, and the one whose turn it is.
    length: usize,
}

impl Turns {
    /// Waits until nobody else of this process is at `row`.
    ///
    /// # Errors
    /// `Unavailable` after [`PATIENCE`], or at once if too many wait already.
    pub async fn take(&self, row: Row) -> Result<Turn> {
        let turn = {
            let mut lines = self.lines();
            let line =
                lines.entry(row).or_insert_with(|| Line { turn: Arc::new(Semaphore::new(1)), length: 0 });
            if line.length > MOST_WAITING {
                return Err(Error::Unavailable(format!("too many wait for {row:?}")));
            }
            line.length += 1;
            line.turn.clone()
        };
        let place = Place { turns: self.clone(), row };
        let permit = timeout(PATIENCE, turn.acquire_owned()).await;
        let permit = permit.map_err(|_| Error::Unavailable(format!("waited too long for {row:?}")))?;
        Ok(Turn { _permit: permit.map_err(Error::unexpected)?, _place: place })
    }

    /// A panic elsewhere leaves the lines whole: every change of them is one call.
    fn lines(&self) -> MutexGuard<'_, HashMap<Row, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to wait for a row with a connection. It goes to the next when this is dropped.
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

struct Place {
    turns: Turns,
    row: Row,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.turns.lines();
        if let Some(line) = lines.get_mut(&self.row) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const ROW: Row = Row::Contact(ContactId(1));

    #[actix_web::test]
    async fn one_at_a_time_is_at_a_row_and_others_do_not_wait_for_them() {
        let turns = Turns::default();
        let first = turns.take(ROW).await.unwrap();
        let mut second = Box::pin(turns.take(ROW));
        assert!(second.as_mut().now_or_never().is_none());
        turns.take(Row::Contact(ContactId(2))).now_or_never().unwrap().unwrap();
        drop(first);
        second.await.unwrap();
        assert!(turns.lines().is_empty());
    }

    #[actix_web::test]
    async fn who_waits_for_too_long_or_comes_when_many_wait_is_refused() {
        tokio::time::pause();
        let turns = Turns::default();
        let _first = turns.take(ROW).await.unwrap();
        let mut waiting: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(turns.take(ROW))).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        assert!(matches!(turns.take(ROW).now_or_never(), Some(Err(Error::Unavailable(_)))));
        drop(waiting);
        assert!(matches!(turns.take(ROW).await, Err(Error::Unavailable(_))));
    }
}

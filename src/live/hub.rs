//! The hub of a process: receives announcements, looks up in the tables who may see them, and sends events to
//! the streams.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt;
use tokio::sync::Notify;
use uuid::Uuid;

use super::audience::Audience;
use super::pending::PendingEvents;
use super::streams::{EventStream, StreamLimit, Streams};
use super::{Incoming, delivery};
use crate::db::Db;
use crate::ids::{ContactId, CustomerAccessId, UserId};

/// Interval of `Streams::ping`. With each ping, the rights to the stream are checked again, in case a change
/// of rights was not announced.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// How long to wait before a failed delivery is retried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Maximum streams per account. A browser has one, or one per tab if it lacks Web Locks.
const MAX_PER_USER: usize = 24;

/// Maximum streams per customer and browser. Each open page has one.
const MAX_PER_CUSTOMER: usize = 10;

/// Identifies the streams of one customer in one browser.
pub type CustomerKey = (ContactId, CustomerAccessId);

/// All open streams of the process, and the events to deliver to them; cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

pub(super) struct Inner {
    pub users: Streams<UserId>,
    pub customers: Streams<CustomerKey>,
    pub audience: Audience,
    limit: Arc<StreamLimit>,
    pending: Mutex<PendingEvents>,
    wake: Notify,
}

impl Hub {
    #[expect(clippy::new_without_default, reason = "there is one for each process, made on purpose")]
    pub fn new() -> Self {
        let limit = Arc::new(StreamLimit::new());
        Self(Arc::new(Inner {
            users: Streams::new(limit.clone(), MAX_PER_USER),
            customers: Streams::new(limit.clone(), MAX_PER_CUSTOMER),
            audience: Audience::default(),
            limit,
            pending: Mutex::default(),
            wake: Notify::new(),
        }))
    }

    /// Sets the maximum number of streams of the process.
    pub fn limit(&self, maximum: usize) {
        self.0.limit.set(maximum);
    }

    /// Receives a message from the listening connection; never blocks.
    pub fn receive(&self, incoming: Incoming) {
        match incoming {
            Incoming::Wake | Incoming::Lost => {}
            Incoming::Live(event) => self.0.note(|pending| pending.add(event)),
            Incoming::Reconnected => self.0.note(|pending| pending.events_may_be_missing = true),
        }
    }

    /// Opens a stream for `user`. It starts with the state of their bell and ends with their `session`.
    /// `None` if the maximum number of streams is reached.
    pub fn open_for_user(&self, user: UserId, session: Option<Uuid>) -> Option<EventStream<UserId>> {
        let stream = self.0.users.open(user, session)?;
        self.0.note(|pending| pending.new_users.extend([(user, stream.id())]));
        Some(stream)
    }

    /// Opens a stream for a customer in one browser. `None` if the maximum number of streams is reached.
    pub fn open_for_customer(
        &self,
        contact: ContactId,
        access: CustomerAccessId,
    ) -> Option<EventStream<CustomerKey>> {
        let key = (contact, access);
        let stream = self.0.customers.open(key, None)?;
        self.0.note(|pending| pending.new_customers.extend([(key, stream.id())]));
        Some(stream)
    }

    /// Closes the streams of everybody who has lost the right to them.
    pub fn recheck(&self) {
        self.0.note(|pending| pending.recheck = true);
    }

    /// Closes all streams, so that the process can end.
    pub fn close(&self) {
        self.0.users.close_all();
        self.0.customers.close_all();
    }

    /// Delivers events for as long as it is polled. `db` should be a separate pool, so that busy pages do not
    /// delay live events.
    ///
    /// What can go wrong: if the database is unreachable, the events wait, merged by kind. If a delivery
    /// panics, the panic is logged and all streams start over.
    pub async fn run(self, db: Db) {
        let mut beat = rt::time::interval(PING_INTERVAL);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut beats = 0;
        loop {
            tokio::select! {
                () = self.0.wake.notified() => {}
                _ = beat.tick() => {
                    self.0.ping(beats);
                    beats += 1;
                }
            }
            self.deliver(&db).await;
        }
    }

    async fn deliver(&self, db: &Db) {
        let pending = self.0.take_pending();
        if pending.is_empty() {
            return;
        }
        let (inner, batch, pool) = (self.0.clone(), pending.clone(), db.clone());
        let delivered = rt::spawn(async move { delivery::deliver(&inner, batch, &pool).await }).await;
        match delivered {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "live events wait for the database");
                rt::time::sleep(RETRY_AFTER).await;
                self.0.note(|since| since.put_back(pending));
            }
            Err(panic) => {
                tracing::error!(%panic, "live events could not be delivered; all streams start over");
                rt::time::sleep(RETRY_AFTER).await;
                self.0.note(|since| since.events_may_be_missing = true);
            }
        }
    }
}

impl Inner {
    /// Closes the streams of `user` and forgets their rights.
    pub fn close(&self, user: UserId) {
        self.audience.forget(user);
        self.users.close(user);
    }

    /// Pings the streams that are due on this beat, and marks their rights for a check.
    fn ping(&self, beat: u64) {
        let users = self.users.ping(beat, |user| user.0);
        let customers = self.customers.ping(beat, |(contact, _)| contact.0);
        if !users.is_empty() || !customers.is_empty() {
            self.note(|pending| {
                pending.rights_to_check.users.extend(users);
                pending.rights_to_check.customers.extend(customers);
            });
        }
    }

    fn note(&self, change: impl FnOnce(&mut PendingEvents)) {
        change(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }

    fn take_pending(&self) -> PendingEvents {
        std::mem::take(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

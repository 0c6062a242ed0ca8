//! The hub of a process: receives announcements, looks up in the tables who may see them, and sends events to
//! the streams.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt;
use tokio::sync::Notify;
use uuid::Uuid;

use super::news::News;
use super::reach::Reach;
use super::streams::{EventStream, Room, Streams};
use super::{Incoming, delivery};
use crate::db::Db;
use crate::ids::{ContactId, CustomerAccessId, UserId};

/// Interval of `Streams::ping`. With each ping, the rights to the stream are checked again, in case a change
/// of rights was not announced.
const BEAT: Duration = Duration::from_secs(1);

/// How long to wait before a failed delivery is retried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Maximum streams per account. A browser has one, or one per tab if it lacks Web Locks.
const OF_A_USER: usize = 24;

/// Maximum streams per customer and browser. Each open page has one.
const OF_A_CUSTOMER: usize = 10;

/// Identifies the streams of one customer in one browser.
pub type CustomerKey = (ContactId, CustomerAccessId);

/// All open streams of the process, and the news to deliver to them; cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

pub(super) struct Inner {
    pub users: Streams<UserId>,
    pub customers: Streams<CustomerKey>,
    pub reach: Reach,
    room: Arc<Room>,
    news: Mutex<News>,
    wake: Notify,
}

impl Hub {
    #[expect(clippy::new_without_default, reason = "there is one for each process, made on purpose")]
    pub fn new() -> Self {
        let room = Arc::new(Room::new());
        Self(Arc::new(Inner {
            users: Streams::new(room.clone(), OF_A_USER),
            customers: Streams::new(room.clone(), OF_A_CUSTOMER),
            reach: Reach::default(),
            room,
            news: Mutex::default(),
            wake: Notify::new(),
        }))
    }

    /// Sets the maximum number of streams of the process.
    pub fn limit(&self, most: usize) {
        self.0.room.limit(most);
    }

    /// Receives a message from the listening connection; never blocks.
    pub fn take(&self, incoming: Incoming) {
        match incoming {
            Incoming::Wake | Incoming::Lost => {}
            Incoming::Live(event) => self.0.note(|news| news.add(event)),
            Incoming::Reconnected => self.0.note(|news| news.all_may_have_missed = true),
        }
    }

    /// Opens a stream for `user`. It starts with the state of their bell and ends with their `session`.
    /// `None` if the maximum number of streams is reached.
    pub fn open_for_user(&self, user: UserId, session: Option<Uuid>) -> Option<EventStream<UserId>> {
        let stream = self.0.users.open(user, session)?;
        self.0.note(|news| news.new_users.extend([(user, stream.id())]));
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
        self.0.note(|news| news.new_customers.extend([(key, stream.id())]));
        Some(stream)
    }

    /// Closes the streams of everybody who has lost the right to them.
    pub fn recheck(&self) {
        self.0.note(|news| news.recheck = true);
    }

    /// Closes all streams, so that the process can end.
    pub fn close(&self) {
        self.0.users.close_all();
        self.0.customers.close_all();
    }

    /// Delivers news for as long as it is polled. `db` should be a separate pool, so that busy pages do not
    /// delay live events.
    ///
    /// What can go wrong: if the database is unreachable, the news wait, merged by kind. If a delivery
    /// panics, the panic is logged and all streams start over.
    pub async fn run(self, db: Db) {
        let mut beat = rt::time::interval(BEAT);
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
            self.pass_on(&db).await;
        }
    }

    async fn pass_on(&self, db: &Db) {
        let news = self.0.take_news();
        if news.is_empty() {
            return;
        }
        let (inner, pile, pool) = (self.0.clone(), news.clone(), db.clone());
        let delivered = rt::spawn(async move { delivery::deliver(&inner, pile, &pool).await }).await;
        match delivered {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "live events wait for the database");
                rt::time::sleep(RETRY_AFTER).await;
                self.0.note(|since| since.put_back(news));
            }
            Err(panic) => {
                tracing::error!(%panic, "live events could not be passed on; all streams begin anew");
                rt::time::sleep(RETRY_AFTER).await;
                self.0.note(|since| since.all_may_have_missed = true);
            }
        }
    }
}

impl Inner {
    /// Closes the streams of `user` and forgets their rights.
    pub fn close(&self, user: UserId) {
        self.reach.forget(user);
        self.users.close(user);
    }

    /// Pings the streams that are due on this beat, and marks their rights for a check.
    fn ping(&self, beat: u64) {
        let users = self.users.ping(beat, |user| user.0);
        let customers = self.customers.ping(beat, |(contact, _)| contact.0);
        if !users.is_empty() || !customers.is_empty() {
            self.note(|news| {
                news.doubts.users.extend(users);
                news.doubts.customers.extend(customers);
            });
        }
    }

    fn note(&self, change: impl FnOnce(&mut News)) {
        change(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }

    fn take_news(&self) -> News {
        std::mem::take(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

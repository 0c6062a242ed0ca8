//! The hub of a process: takes in what is announced, asks the tables who may know of it, and passes
//! it on to the streams.

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

/// The time between the beats of `Streams::ping`. With a ping the right to a stream is looked at: changes
/// of rights are announced; this catches what forgot to.
const BEAT: Duration = Duration::from_secs(1);

/// After a failure of the database, what could not be passed on is tried again after so long.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The most streams of one account: a browser has one, and one for each window where Web Locks are missing.
const OF_A_USER: usize = 24;

/// The most streams of one customer in one browser: each open page has one.
const OF_A_CUSTOMER: usize = 10;

/// A customer's streams in one browser.
pub type CustomerKey = (ContactId, CustomerAccessId);

/// All open streams of the process, and what is to be passed on to them; cheap to clone.
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

    /// Says how many streams the process may have.
    pub fn limit(&self, most: usize) {
        self.0.room.limit(most);
    }

    /// Takes in what the listening connection brings; never waits.
    pub fn take(&self, incoming: Incoming) {
        match incoming {
            Incoming::Wake | Incoming::Lost => {}
            Incoming::Live(event) => self.0.note(|news| news.add(event)),
            Incoming::Reconnected => self.0.note(|news| news.all_may_have_missed = true),
        }
    }

    /// A stream of `user`, which begins with the state of their bell and ends with their `session`; nothing if
    /// there are as many as there may be.
    pub fn open_for_user(&self, user: UserId, session: Option<Uuid>) -> Option<EventStream<UserId>> {
        let stream = self.0.users.open(user, session)?;
        self.0.note(|news| news.new_users.extend([(user, stream.id())]));
        Some(stream)
    }

    /// A stream of the customer in that browser; nothing if there are as many as there may be.
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

    /// Ends the streams of those who have lost the right to them.
    pub fn recheck(&self) {
        self.0.note(|news| news.recheck = true);
    }

    /// Ends all streams, so that the process can end.
    pub fn close(&self) {
        self.0.users.close_all();
        self.0.customers.close_all();
    }

    /// Passes on what is taken in, for as long as it is polled. `db` is best a pool of its own, so that
    /// busy pages do not delay what is live.
    ///
    /// What can go wrong: the database is away, then all waits for it, piled up by kinds; a panic over
    /// one pile, which is logged, and then all streams begin anew.
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
    /// Ends the streams of `user`, of whose rights nothing is known any more.
    pub fn close(&self, user: UserId) {
        self.reach.forget(user);
        self.users.close(user);
    }

    /// Pings those whose turn it is, and has their rights looked at.
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

//! The connection pool for requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::web;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, R2D2Connection};
use diesel::result::Error as DieselError;
use diesel::{Connection, ConnectionError};
use r2d2::ManageConnection;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Changes;
use super::contact_queues::{ContactQueues, ContactTurn, LockedRow};
use super::wait_limit::{self, with_wait_limit};
use crate::error::{Error, Result};
use crate::ids::ContactId;

/// Maximum wait in the queue, and then for a connection, before a request is answered 503.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum wait of a transaction for its worker's transaction limit, before it is answered 503.
const TURN_TIMEOUT: Duration = Duration::from_millis(2_500);

/// Skip the liveness check if the connection was used successfully within this time. The check takes as long
/// as a typical statement.
const SKIP_CHECK_WITHIN: Duration = Duration::from_millis(250);

/// Maximum number of waiting requests per connection; further ones are answered 503 at once. When all
/// browsers reconnect, this is about a second's work.
const MAX_WAITING_PER_CONNECTION: usize = 512;

/// Maximum number of attempts for a transaction that conflicts with others.
const TRIES: usize = 3;

/// Settings of every connection. A page's statement takes milliseconds; one that exceeds the time-out is
/// stuck. The idle time-out releases the locks of a process that was stopped. After waiting for a lock, the
/// next statement must see what the lock's holder wrote. That needs READ COMMITTED, which may not be the
/// server's default. JIT compilation would take longer than such short statements.
const SESSION: &str = "SET default_transaction_isolation = 'read committed'; \
     SET statement_timeout = '15s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'warning'; SET jit = off; \
     SET TIME ZONE 'UTC'";

const GENERIC_PLANS: &str = "SET plan_cache_mode = 'force_generic_plan'";

/// The pool, cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: r2d2::Pool<Manager>,
    /// Number of runs that wait or are in progress.
    load: Arc<AtomicUsize>,
    changes: Changes,
    contact_queues: ContactQueues,
    /// Limits concurrent transactions below the number of threads, so that reads always find a free thread.
    writers: Arc<Semaphore>,
    /// Maximum duration of one wait for the database.
    wait_limit: Duration,
}

impl Db {
    /// A pool of at most `size` connections, opened on demand.
    pub fn new(url: &str, size: u32) -> Self {
        Self::with(url, size, false)
    }

    /// As [`Db::new`], for statements whose best plan does not depend on their values: each connection plans
    /// a statement only once.
    pub fn with_generic_plans(url: &str, size: u32) -> Self {
        Self::with(url, size, true)
    }

    fn with(url: &str, size: u32, has_generic_plans: bool) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(true)
            .connection_timeout(CHECKOUT_TIMEOUT)
            // The default handler would log every failed attempt while the database is down. The waiting
            // request logs the last one.
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(Manager { inner: ConnectionManager::new(url), has_generic_plans });
        Self {
            pool,
            load: Arc::default(),
            changes: Changes::default(),
            contact_queues: ContactQueues::default(),
            writers: Arc::new(Semaphore::new(size.max(1) as usize)),
            wait_limit: wait_limit::WAIT_LIMIT,
        }
    }

    /// The same pool for one worker, which may run at most `writers` transactions at once.
    pub fn for_worker(&self, writers: usize) -> Self {
        Self { writers: Arc::new(Semaphore::new(writers.max(1))), ..self.clone() }
    }

    /// The same pool with another limit for each wait for the database.
    pub fn with_wait_limit(self, wait_limit: Duration) -> Self {
        Self { wait_limit, ..self }
    }

    /// The changes that this process knows of. Each of its own transactions counts as a change when it ends.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Runs `work` with a connection on the blocking pool.
    ///
    /// # Errors
    /// `Unavailable` if no connection is free within two seconds or too many requests wait already; otherwise
    /// the error of `work`.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let (pool, wait_limit) = (self.pool.clone(), self.wait_limit);
        let place = QueuePlace::take(&self.load, self.pool.max_size() as usize * MAX_WAITING_PER_CONNECTION)?;
        let run = move || {
            // Move the whole place into the closure, so that it is released at its end.
            let place = place;
            if place.began.elapsed() > CHECKOUT_TIMEOUT {
                return Err(Error::Unavailable("waited for too long".into()));
            }
            with_wait_limit(wait_limit, || pool.get()?.run(work))
        };
        web::block(run).await.map_err(Error::unexpected)?
    }

    /// Runs `work` in one transaction, which an error rolls back. If it conflicts with another transaction (a
    /// deadlock, or a schedule that took the same time), `work` runs again from the start.
    pub async fn transaction<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        self.write(Vec::new(), work).await
    }

    /// As [`Db::transaction`], for a transaction that locks `row` or its contact. Transactions on the same
    /// contact wait in line without a connection, so that they do not block requests for other contacts.
    ///
    /// # Errors
    /// As [`Db::transaction`]; also `Unavailable` if the contact is not free within two seconds.
    pub async fn transaction_on<T, F>(&self, row: impl Into<LockedRow>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let turns = match self.contact_of(row.into()).await? {
            Some(contact) => vec![self.contact_queues.take(contact).await?],
            None => Vec::new(),
        };
        self.write(turns, work).await
    }

    /// As [`Db::transaction_on`], for a transaction that locks several contacts.
    pub async fn transaction_on_all<T, F>(&self, contacts: Vec<ContactId>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let turns = self.contact_queues.take_all(contacts).await?;
        self.write(turns, work).await
    }

    async fn contact_of(&self, row: LockedRow) -> Result<Option<ContactId>> {
        match row {
            LockedRow::Contact(contact) => Ok(Some(contact)),
            LockedRow::Ticket(_) | LockedRow::Schedule(_) => self.run(move |conn| row.contact(conn)).await,
        }
    }

    async fn write<T, F>(&self, turns: Vec<ContactTurn>, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let place = timeout(TURN_TIMEOUT, self.writers.clone().acquire_owned()).await;
        let place = place.map_err(|_| Error::Unavailable("too many transactions wait".into()))?;
        let outcome = self.run(move |conn| {
            // Release both when the transaction ends, even if the request was cancelled.
            let _both = (&turns, &place);
            for _ in 1..TRIES {
                match conn.transaction(&mut work) {
                    Err(error) if error.should_retry_transaction() => {
                        tracing::info!(%error, "a transaction runs again");
                    }
                    outcome => return outcome,
                }
            }
            conn.transaction(work)
        });
        let outcome = outcome.await;
        self.changes.add();
        outcome
    }
}

/// Opens a connection outside the pool, with the same settings.
pub fn connect(url: &str) -> Result<PgConnection, ConnectionError> {
    with_wait_limit(wait_limit::WAIT_LIMIT, || {
        let mut conn = PgConnection::establish(url)?;
        conn.batch_execute(SESSION).map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    })
}

/// A place in the queue. Held while waiting for a connection and while using it.
struct QueuePlace {
    load: Arc<AtomicUsize>,
    began: Instant,
}

impl QueuePlace {
    fn take(load: &Arc<AtomicUsize>, most: usize) -> Result<Self> {
        let place = Self { load: load.clone(), began: Instant::now() };
        match load.fetch_add(1, Ordering::Relaxed) {
            before if before < most => Ok(place),
            _ => Err(Error::Unavailable("too many wait for a connection".into())),
        }
    }
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection and its state.
struct Pooled {
    conn: PgConnection,
    /// Last successful use; `None` if the last use failed.
    last_success: Option<Instant>,
    /// Value of [`wait_limit::closed_connections`] at the last successful use.
    closed_connections: u64,
    /// Whether the tables changed after this connection planned its statements.
    is_outdated: bool,
}

impl Pooled {
    fn new(conn: PgConnection) -> Self {
        Self {
            conn,
            last_success: Some(Instant::now()),
            closed_connections: wait_limit::closed_connections(),
            is_outdated: false,
        }
    }

    fn run<T>(&mut self, work: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        self.last_success = None;
        let result = work(&mut self.conn);
        match &result {
            Ok(_) => {
                (self.last_success, self.closed_connections) =
                    (Some(Instant::now()), wait_limit::closed_connections())
            }
            Err(error) => self.is_outdated = matches!(error, Error::Outdated(_)),
        }
        result
    }
}

/// Opens and checks connections as diesel does, but skips the check for connections that were just used.
#[derive(Debug)]
struct Manager {
    inner: ConnectionManager<PgConnection>,
    has_generic_plans: bool,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        with_wait_limit(wait_limit::WAIT_LIMIT, || {
            let mut conn = self.inner.connect()?;
            let settings = if self.has_generic_plans { &[SESSION, GENERIC_PLANS][..] } else { &[SESSION] };
            conn.batch_execute(&settings.join("; ")).map_err(diesel::r2d2::Error::QueryError)?;
            Ok(Pooled::new(conn))
        })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        if pooled.closed_connections != wait_limit::closed_connections() {
            // Another connection has been silent since. Checking each idle connection would take too long, so
            // replace this one.
            return Err(diesel::r2d2::Error::QueryError(DieselError::BrokenTransactionManager));
        }
        if pooled.last_success.is_some_and(|at| at.elapsed() < SKIP_CHECK_WITHIN) {
            return Ok(());
        }
        with_wait_limit(CHECKOUT_TIMEOUT, || pooled.conn.ping()).map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_outdated || self.inner.has_broken(&mut pooled.conn)
    }
}

//! The pool that serves requests.

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
use super::patience::{self, with_patience};
use super::turns::{Row, Turn, Turns};
use crate::error::{Error, Result};
use crate::ids::ContactId;

/// How long a request waits for its turn, and then for a connection, before it is answered 503.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a transaction waits for its turn among those of its worker, before it is answered 503.
const TURN_TIMEOUT: Duration = Duration::from_millis(2_500);

/// A connection that was of use so lately is taken to be alive. To ask it would take as long as a
/// statement of a page does.
const TRUSTED: Duration = Duration::from_millis(250);

/// So many may wait for each connection before more are answered 503 at once: when all browsers come back, a
/// second's work.
const QUEUE: usize = 512;

/// How often a transaction runs that others are in the way of.
const TRIES: usize = 3;

/// Set on every connection. A statement of a page takes milliseconds; what takes longer than this
/// is stuck, and a stopped process must not hold its locks for ever. Where a lock was waited for, the
/// next statement must see what its holder wrote: a server may have another level as its default, under
/// which it would not. To compile a statement of milliseconds takes longer than to run it.
const SESSION: &str = "SET default_transaction_isolation = 'read committed'; \
     SET statement_timeout = '15s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'warning'; SET jit = off; \
     SET TIME ZONE 'UTC'";

const PLANS_ONCE: &str = "SET plan_cache_mode = 'force_generic_plan'";

/// The pool, cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: r2d2::Pool<Manager>,
    /// How many runs are waiting or under way.
    load: Arc<AtomicUsize>,
    changes: Changes,
    turns: Turns,
    /// Places of transactions: fewer than there are threads, so that those who only read find one.
    writers: Arc<Semaphore>,
    /// How long one wait for the database may last.
    patience: Duration,
}

impl Db {
    /// A pool of at most `size` connections, made when first needed.
    pub fn new(url: &str, size: u32) -> Self {
        Self::with(url, size, false)
    }

    /// The same for statements whose best plan is the same whatever their values: each is planned once on
    /// each connection.
    pub fn that_plans_once(url: &str, size: u32) -> Self {
        Self::with(url, size, true)
    }

    fn with(url: &str, size: u32, plans_once: bool) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(true)
            .connection_timeout(CHECKOUT_TIMEOUT)
            // It would log each of many tries while the database is away. Whoever waited for them logs the last.
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(Manager { inner: ConnectionManager::new(url), plans_once });
        Self {
            pool,
            load: Arc::default(),
            changes: Changes::default(),
            turns: Turns::default(),
            writers: Arc::new(Semaphore::new(size.max(1) as usize)),
            patience: patience::PATIENCE,
        }
    }

    /// The same pool for one worker, of whose threads transactions take at most so many.
    pub fn of_worker(&self, writers: usize) -> Self {
        Self { writers: Arc::new(Semaphore::new(writers.max(1))), ..self.clone() }
    }

    /// The same, but it waits for no answer of the database for longer than `patience`.
    pub fn waiting_at_most(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The changes that this process knows of: its own transactions are noted as they end.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Runs `work` with a connection on the blocking pool.
    ///
    /// # Errors
    /// `Unavailable` when no connection is free within two seconds or too many wait for one already, or what
    /// `work` returns.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let (pool, patience) = (self.pool.clone(), self.patience);
        let place = Place::take(&self.load, self.pool.max_size() as usize * QUEUE)?;
        let run = move || {
            // The whole of it, which is given back in the end.
            let place = place;
            if place.began.elapsed() > CHECKOUT_TIMEOUT {
                return Err(Error::Unavailable("waited for too long".into()));
            }
            with_patience(patience, || pool.get()?.run(work))
        };
        web::block(run).await.map_err(Error::unexpected)?
    }

    /// Runs `work` in one transaction: all of it happens, or nothing. Where PostgreSQL ends it because
    /// another was in the way (a deadlock, say, or a schedule that took the place), `work` runs again, from
    /// its beginning.
    ///
    /// # Errors
    /// As `run`; an error rolls back.
    pub async fn transaction<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        self.write(None, work).await
    }

    /// The same for a transaction that locks `row` or its contact: while others of this process write to the contact,
    /// or somebody else holds it for long, whoever waits for it takes no connection from those who want something else.
    ///
    /// # Errors
    /// As `transaction`; `Unavailable` also if the contact is not free within two seconds.
    pub async fn transaction_on<T, F>(&self, row: impl Into<Row>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let turn = match self.contact_of(row.into()).await? {
            Some(contact) => Some(self.turns.take(contact).await?),
            None => None,
        };
        self.write(turn, work).await
    }

    async fn contact_of(&self, row: Row) -> Result<Option<ContactId>> {
        match row {
            Row::Contact(contact) => Ok(Some(contact)),
            Row::Ticket(_) | Row::Schedule(_) => self.run(move |conn| row.contact(conn)).await,
        }
    }

    async fn write<T, F>(&self, turn: Option<Turn>, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let place = timeout(TURN_TIMEOUT, self.writers.clone().acquire_owned()).await;
        let place = place.map_err(|_| Error::Unavailable("too many transactions wait".into()))?;
        let outcome = self.run(move |conn| {
            // Both are given back when the transaction is over, also where nobody waits for its outcome.
            let _both = (&turn, &place);
            for _ in 1..TRIES {
                match conn.transaction(&mut work) {
                    Err(error) if error.calls_for_another_try() => {
                        tracing::info!(%error, "a transaction runs again");
                    }
                    outcome => return outcome,
                }
            }
            conn.transaction(work)
        });
        let outcome = outcome.await;
        self.changes.note();
        outcome
    }
}

/// A connection of one's own, prepared like those of the pool.
///
/// # Errors
/// The server cannot be reached or refuses.
pub fn connect(url: &str) -> Result<PgConnection, ConnectionError> {
    with_patience(patience::PATIENCE, || {
        let mut conn = PgConnection::establish(url)?;
        conn.batch_execute(SESSION).map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    })
}

/// A place among those who wait for a connection or have one.
struct Place {
    load: Arc<AtomicUsize>,
    began: Instant,
}

impl Place {
    fn take(load: &Arc<AtomicUsize>, most: usize) -> Result<Self> {
        let place = Self { load: load.clone(), began: Instant::now() };
        match load.fetch_add(1, Ordering::Relaxed) {
            before if before < most => Ok(place),
            _ => Err(Error::Unavailable("too many wait for a connection".into())),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection and what is known of it.
struct Pooled {
    conn: PgConnection,
    /// When it was last of use; never, if the last use failed.
    proven: Option<Instant>,
    /// How many connections had been given up when it was made or last of use.
    given_up: u64,
    /// Whether its plans are older than the tables.
    is_outdated: bool,
}

impl Pooled {
    fn new(conn: PgConnection) -> Self {
        Self { conn, proven: Some(Instant::now()), given_up: patience::given_up(), is_outdated: false }
    }

    fn run<T>(&mut self, work: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        self.proven = None;
        let result = work(&mut self.conn);
        match &result {
            Ok(_) => (self.proven, self.given_up) = (Some(Instant::now()), patience::given_up()),
            Err(error) => self.is_outdated = matches!(error, Error::Outdated(_)),
        }
        result
    }
}

/// Opens and judges connections as diesel does, but asks none that just was of use whether it is alive.
#[derive(Debug)]
struct Manager {
    inner: ConnectionManager<PgConnection>,
    plans_once: bool,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        with_patience(patience::PATIENCE, || {
            let mut conn = self.inner.connect()?;
            let settings = if self.plans_once { &[SESSION, PLANS_ONCE][..] } else { &[SESSION] };
            conn.batch_execute(&settings.join("; ")).map_err(diesel::r2d2::Error::QueryError)?;
            Ok(Pooled::new(conn))
        })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        if pooled.given_up != patience::given_up() {
            // Another was silent meanwhile. To ask each of the idle ones would take too long.
            return Err(diesel::r2d2::Error::QueryError(DieselError::BrokenTransactionManager));
        }
        if pooled.proven.is_some_and(|at| at.elapsed() < TRUSTED) {
            return Ok(());
        }
        with_patience(CHECKOUT_TIMEOUT, || pooled.conn.ping()).map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_outdated || self.inner.has_broken(&mut pooled.conn)
    }
}

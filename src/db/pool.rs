//! The pool that serves requests.

use std::time::Duration;

use actix_web::web;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection};
use diesel::{Connection, ConnectionError};

use crate::error::{Error, Result};

/// How long a request waits for a connection before it is answered 503.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a transaction runs that others are in the way of.
const TRIES: usize = 3;

/// Set on every connection. A statement of a page takes milliseconds; what takes longer than this
/// is stuck, and a stopped process must not hold its locks for ever. Where a lock was waited for, the
/// next statement must see what its holder wrote: a server may have another level as its default, under
/// which it would not. To compile a statement of milliseconds takes longer than to run it.
const SESSION: &str = "SET default_transaction_isolation = 'read committed'; \
     SET statement_timeout = '15s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'warning'; SET jit = off; \
     SET TIME ZONE 'UTC'";

const PLANS_ONCE: &str = "SET plan_cache_mode = 'force_generic_plan'";

/// The pool, cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: r2d2::Pool<ConnectionManager<PgConnection>>,
}

impl Db {
    /// A pool of at most `size` connections, made when first needed.
    pub fn new(url: &str, size: u32) -> Self {
        Self::with(url, size, Prepare { plans_once: false })
    }

    /// The same for statements whose best plan is the same whatever their values: each is planned once on
    /// each connection.
    pub fn that_plans_once(url: &str, size: u32) -> Self {
        Self::with(url, size, Prepare { plans_once: true })
    }

    fn with(url: &str, size: u32, prepare: Prepare) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(true)
            .connection_timeout(CHECKOUT_TIMEOUT)
            .connection_customizer(Box::new(prepare))
            .build_unchecked(ConnectionManager::new(url));
        Self { pool }
    }

    /// Runs `work` with a connection on the blocking pool.
    ///
    /// # Errors
    /// `Unavailable` when no connection is free within two seconds, or what `work` returns.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let pool = self.pool.clone();
        web::block(move || work(&mut *pool.get()?)).await.map_err(Error::unexpected)?
    }

    /// Runs `work` in one transaction: all of it happens, or nothing. Where PostgreSQL ends it because
    /// another was in the way (a deadlock, say, or a schedule that took the place), `work` runs again, from
    /// its beginning.
    ///
    /// # Errors
    /// As `run`; an error rolls back.
    pub async fn transaction<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        self.run(move |conn| {
            for _ in 1..TRIES {
                match conn.transaction(&mut work) {
                    Err(error) if error.calls_for_another_try() => {
                        tracing::info!(%error, "a transaction runs again");
                    }
                    outcome => return outcome,
                }
            }
            conn.transaction(work)
        })
        .await
    }
}

/// A connection of one's own, prepared like those of the pool.
///
/// # Errors
/// The server cannot be reached or refuses.
pub fn connect(url: &str) -> Result<PgConnection, ConnectionError> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute(SESSION).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

#[derive(Debug)]
struct Prepare {
    plans_once: bool,
}

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for Prepare {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        let settings = if self.plans_once { &[SESSION, PLANS_ONCE][..] } else { &[SESSION] };
        conn.batch_execute(&settings.join("; ")).map_err(diesel::r2d2::Error::QueryError)
    }
}

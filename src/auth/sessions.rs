//! Sessions in PostgreSQL. The cookie holds a random token, the table only its SHA-256, so that somebody who
//! reads the table cannot use a session.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;

use actix_session::config::{PersistentSession, TtlExtensionPolicy};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Key as CookieKey, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use anyhow::anyhow;
use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Account, Companion, Permission, prefetch, queries};
use crate::db::Db;
use crate::error::Error;
use crate::ids::UserId;
use crate::keys::{Key, random_bytes};
use crate::web::{USER_KEY, client_ip};

/// Hours without a request after which a session ends.
pub const IDLE_HOURS: i32 = 12;
/// Days after which a session ends, even if it is in use.
pub const LONGEST_DAYS: i32 = 7;

/// Seconds that a replaced token stays valid, for requests that the browser has already sent with it.
pub const REPLACED_SECONDS: f64 = 30.0;

/// The state key of a session that was read with a replaced token.
pub const REPLACED_KEY: &str = "is_replaced";

const ID_KEY: &str = "session_id";
/// Also used in the SQL of `replace_session`.
const RIGHTS_KEY: &str = "rights";
const BEGAN_KEY: &str = "began_at";
const USER_AGENT_KEY: &str = "user_agent";
const IP_KEY: &str = "ip";
const LONGEST_USER_AGENT: usize = 300;

type State = HashMap<String, String>;

/// The middleware that gives handlers their session, and reads account and companion with it.
pub fn middleware<C: Companion>(db: Db, key: &Key, is_https: bool) -> SessionMiddleware<Store<C>> {
    let cookie_key = CookieKey::derive_from(&key.tag(&[b"cookie"]));
    let lifecycle = PersistentSession::default()
        .session_ttl(Duration::days(LONGEST_DAYS.into()))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(Store::<C>::new(db), cookie_key)
        .cookie_name(if is_https { "__Host-pontual" } else { "pontual" }.into())
        .cookie_secure(is_https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .session_lifecycle(lifecycle)
        .build()
}

/// The `SessionStore` over the table `sessions`.
pub struct Store<C> {
    db: Db,
    /// The statement that reads session, account and companion.
    with_account: Arc<str>,
    companion: PhantomData<fn() -> C>,
}

impl<C: Companion> SessionStore for Store<C> {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let hash = hash_of(key);
        let with_account = prefetch::is_wanted().then(|| self.with_account.clone());
        let read = move |conn: &mut PgConnection| {
            if let Some(statement) = with_account
                && let Some((state, account, companion)) =
                    queries::session_with_account::<C>(conn, &statement, &hash)?
            {
                return Ok(Some((state, Some((account, companion)))));
            }
            Ok(queries::session_state(conn, &hash)?.map(|state| (state, None)))
        };
        let found = self.db.run(read).await.map_err(|error| LoadError::Other(cause(error)))?;
        let Some((state, prefetched)) = found else { return Ok(None) };
        if let Some((account, companion)) = prefetched {
            prefetch::store(account, companion);
        }
        let state = serde_json::from_value(state);
        state.map(Some).map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        let token = hex::encode(random_bytes::<32>());
        let key = SessionKey::try_from(token).map_err(|error| SaveError::Other(error.into()))?;
        self.write(&key, state).await.map_err(SaveError::Other)?;
        Ok(key)
    }

    async fn update(&self, key: SessionKey, state: State, _: &Duration) -> Result<SessionKey, UpdateError> {
        self.write(&key, state).await.map_err(UpdateError::Other)?;
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        if prefetch::is_old_token_kept() {
            return Ok(());
        }
        let hash = hash_of(key);
        self.db.run(move |conn| queries::end_session(conn, &hash)).await.map_err(cause)
    }
}

impl<C: Companion> Store<C> {
    fn new(db: Db) -> Self {
        Self { db, with_account: queries::with_account::<C>().into(), companion: PhantomData }
    }

    async fn write(&self, key: &SessionKey, state: State) -> Result<(), anyhow::Error> {
        let hash = hash_of(key);
        let origin = origin_of(&state);
        let state = serde_json::to_value(state)?;
        self.db.run(move |conn| queries::save_session(conn, &hash, &origin, &state)).await.map_err(cause)
    }
}

/// Where a sign-in came from, for the lists of sessions.
pub struct Device {
    pub ip: String,
    pub user_agent: String,
}

impl FromRequest for Device {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.unwrap_or_default().chars().take(LONGEST_USER_AGENT).collect();
        ready(Ok(Self { ip: client_ip(request), user_agent }))
    }
}

/// Signs `user` in with a new token.
pub fn begin(session: &Session, user: UserId, device: &Device) -> crate::Result<()> {
    session.clear();
    session.renew();
    session.insert(USER_KEY, user.0).map_err(Error::unexpected)?;
    session.insert(ID_KEY, Uuid::new_v4()).map_err(Error::unexpected)?;
    session.insert(USER_AGENT_KEY, &device.user_agent).map_err(Error::unexpected)?;
    session.insert(IP_KEY, &device.ip).map_err(Error::unexpected)
}

/// Replaces the session's token when the user's rights have changed since the last request, so that somebody
/// who knows the old token does not get the new rights.
pub async fn renew_on_changed_rights(session: &Session, account: &Account, db: &Db) -> crate::Result<()> {
    if session.get::<bool>(REPLACED_KEY).unwrap_or_default().unwrap_or_default() {
        return Ok(());
    }
    let permissions: Vec<&str> = account.permissions.iter().map(Permission::as_str).collect();
    let rights = format!("{} {}", account.role_id, permissions.join(" "));
    let known = session.get::<String>(RIGHTS_KEY).unwrap_or_default();
    if known.as_ref() == Some(&rights) {
        return Ok(());
    }
    if let Some(known) = known {
        let Some(id) = current(session) else { return Ok(()) };
        // The session's state holds values as JSON.
        let known = serde_json::to_string(&known).map_err(Error::unexpected)?;
        // Of two parallel requests, only one replaces the token.
        let replaced = db.run(move |conn| queries::replace_session(conn, id, &known)).await?;
        let Some(began_at) = replaced else { return Ok(()) };
        prefetch::keep_old_token();
        session.renew();
        session.insert(BEGAN_KEY, began_at).map_err(Error::unexpected)?;
    }
    session.insert(RIGHTS_KEY, rights).map_err(Error::unexpected)
}

/// The public id of the visitor's own session.
pub fn current(session: &Session) -> Option<Uuid> {
    session.get(ID_KEY).unwrap_or_default()
}

fn origin_of(state: &State) -> queries::Origin {
    let text = |key| state.get(key).and_then(|text| serde_json::from_str::<String>(text).ok());
    queries::Origin {
        user: state.get(USER_KEY).and_then(|user| user.parse().ok()),
        id: text(ID_KEY).and_then(|id| id.parse().ok()).unwrap_or_else(Uuid::new_v4),
        user_agent: text(USER_AGENT_KEY).unwrap_or_default(),
        ip: text(IP_KEY).unwrap_or_default(),
        began_at: state.get(BEGAN_KEY).and_then(|at| serde_json::from_str(at).ok()),
    }
}

fn hash_of(key: &SessionKey) -> Vec<u8> {
    Sha256::digest(key.as_ref().as_bytes()).to_vec()
}

fn cause(error: Error) -> anyhow::Error {
    anyhow!("{error}")
}

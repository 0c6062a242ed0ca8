//! Counts requests that were refused for lack of permission (403) or beyond a limit (429). Each refusal is
//! logged. The audit gets only their sums, so a flood of requests does not become a flood of rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_session::SessionExt;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::rt::time;
use actix_web::{HttpRequest, web};
use serde_json::json;

use super::{Action, Entry, record};
use crate::db::Db;
use crate::error::Result;
use crate::ids::UserId;
use crate::web::{USER_KEY, client_ip};

/// How often the sums are written to the audit.
const WRITE_INTERVAL: Duration = Duration::from_secs(60);

/// Maximum kinds of refusals between two writes. Beyond it, refusals are counted by action only.
const MAX_KINDS: usize = 500;

/// Start of the paths of customers' pages.
const CUSTOMER_PATHS: &str = "/c/";

/// This process's sums since the last write.
#[derive(Clone, Default)]
pub struct Refusals(Arc<Mutex<HashMap<RefusalKey, u64>>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RefusalKey {
    action: Action,
    actor: Option<UserId>,
    subject: Option<i64>,
    route: String,
    ip: String,
}

/// What a handler knows about its refusal. The handler puts it into the response's extensions.
#[derive(Clone, Copy, Debug)]
pub struct RefusalDetails {
    action: Action,
    subject: Option<i64>,
}

impl RefusalDetails {
    /// A sign-in attempt beyond the limit, with the user whose address was typed, if there is one.
    pub fn signing_in(user: Option<UserId>) -> Self {
        Self { action: Action::SignInThrottled, subject: user.map(|user| user.0) }
    }

    fn of(status: StatusCode) -> Option<Self> {
        let action = match status {
            StatusCode::FORBIDDEN => Action::AccessRefused,
            StatusCode::TOO_MANY_REQUESTS => Action::LimitReached,
            _ => return None,
        };
        Some(Self { action, subject: None })
    }
}

/// Middleware inside the session middleware: counts the requests that handlers refuse, by user.
pub async fn note(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    let request = response.request();
    let given = response.response().extensions().get::<RefusalDetails>().copied();
    let refused = given.or_else(|| RefusalDetails::of(response.status()));
    if let (Some(refused), Some(refusals)) = (refused, request.app_data::<web::Data<Refusals>>()) {
        let user = request.get_session().get::<i64>(USER_KEY).unwrap_or_default();
        let pattern = request.match_pattern().unwrap_or_default();
        let route = format!("{} {pattern}", request.method());
        refusals.add(refused, user.map(UserId), route, address(request));
    }
    Ok(response)
}

/// Middleware around those that refuse unsafe requests before the session is read: counts these refusals.
pub async fn note_early(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let refusals = request.app_data::<web::Data<Refusals>>().map(|refusals| refusals.get_ref().clone());
    let asked =
        (!request.method().is_safe()).then(|| (request.method().to_string(), address(request.request())));
    let answer = next.call(request).await;
    if let (Err(error), Some(refusals), Some((method, ip))) = (&answer, refusals, asked)
        && let Some(refused) = RefusalDetails::of(error.as_response_error().status_code())
    {
        refusals.add(refused, None, method, ip);
    }
    answer
}

/// The visitor's IP address. Empty on customers' pages, because audit rows cannot be anonymised.
fn address(request: &HttpRequest) -> String {
    if request.path().starts_with(CUSTOMER_PATHS) { String::new() } else { client_ip(request) }
}

impl Refusals {
    fn add(&self, refused: RefusalDetails, actor: Option<UserId>, route: String, ip: String) {
        let RefusalDetails { action, subject } = refused;
        tracing::info!(action = action.as_str(), ?actor, subject, route, ip, "a request was refused");
        let mut sums = self.lock();
        let kind = RefusalKey { action, actor, subject, route, ip };
        let is_known = sums.contains_key(&kind) || sums.len() < MAX_KINDS;
        let kind = match is_known {
            true => kind,
            false => {
                RefusalKey { actor: None, subject: None, route: String::new(), ip: String::new(), ..kind }
            }
        };
        *sums.entry(kind).or_default() += 1;
    }

    /// Writes the sums to the audit. If that fails, they stay in memory until the next write.
    pub async fn write(&self, db: &Db) -> Result<()> {
        let sums = std::mem::take(&mut *self.lock());
        if sums.is_empty() {
            return Ok(());
        }
        let rows = sums.clone();
        let written = db.transaction(move |conn| {
            rows.iter().try_for_each(|(kind, times)| record(conn, &kind.entry(*times)))
        });
        let written = written.await;
        if written.is_err() {
            let mut since = self.lock();
            for (kind, times) in sums {
                *since.entry(kind).or_default() += times;
            }
        }
        written
    }

    /// Writes the sums at intervals, as long as the process runs.
    pub async fn keep_writing(self, db: Db) {
        loop {
            time::sleep(WRITE_INTERVAL).await;
            if let Err(error) = self.write(&db).await {
                tracing::warn!(%error, "the sums of refusals wait for the database");
            }
        }
    }

    /// Ignores a poisoned lock: each change to the map is a single call, so a panic leaves no half-made
    /// change.
    fn lock(&self) -> MutexGuard<'_, HashMap<RefusalKey, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RefusalKey {
    fn entry(&self, times: u64) -> Entry {
        let details = match self.route.is_empty() {
            true => json!({ "times": times }),
            false => json!({ "times": times, "route": self.route }),
        };
        let entry = Entry::of(self.action).about(self.subject).with(details).from(&self.ip);
        match self.actor {
            Some(actor) => entry.by_user(actor),
            None => entry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_many_kinds_takes_little_memory() {
        let refusals = Refusals::default();
        let refused = RefusalDetails::of(StatusCode::FORBIDDEN).unwrap();
        for number in 0..3 * MAX_KINDS {
            refusals.add(refused, None, "GET /audit".into(), number.to_string());
        }
        let sums = refusals.lock();
        assert_eq!(sums.len(), MAX_KINDS + 1);
        assert_eq!(sums.values().sum::<u64>() as usize, 3 * MAX_KINDS);
    }
}

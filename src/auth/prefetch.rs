//! Reads the account together with the session. A page needs both, and one SQL statement returns both.
//!
//! The assembly may hand in a [`Companion`], which is read by the same statement.

use std::any::Any;
use std::cell::{Cell, RefCell};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;

use super::Account;

/// Start of the paths that never need the signed-in user.
const WITHOUT_ACCOUNT: [&str; 4] = ["/live", "/assets/", "/c/", "/.well-known/"];

/// What is read in the same statement as the session and its account, such as what the frame of a page shows.
pub trait Companion: QueryableByName<Pg> + Send + 'static {
    /// Its columns in SQL, over the tables of `account_tables`.
    fn columns() -> String;
}

#[derive(Default)]
struct Prefetch {
    is_wanted: bool,
    account: Option<Box<Account>>,
    companion: Option<Box<dyn Any>>,
}

tokio::task_local! {
    static PREFETCH: RefCell<Prefetch>;
    static KEEPS_OLD_TOKEN: Cell<bool>;
}

/// Middleware around the session middleware: lets the session store read the account too.
pub async fn prefetch_account(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_wanted = !WITHOUT_ACCOUNT.iter().any(|path| request.path().starts_with(path));
    let answer = KEEPS_OLD_TOKEN.scope(Cell::new(false), next.call(request));
    PREFETCH.scope(RefCell::new(Prefetch { is_wanted, ..Prefetch::default() }), answer).await
}

/// Tells the session store not to delete the old token: it expires by itself after a few seconds (see
/// `sessions::renew_on_changed_rights`).
pub fn keep_old_token() {
    KEEPS_OLD_TOKEN.try_with(|keeps| keeps.set(true)).ok();
}

/// Whether `keep_old_token` was called in this request.
pub fn is_old_token_kept() -> bool {
    KEEPS_OLD_TOKEN.try_with(Cell::get).unwrap_or_default()
}

/// Whether the session store should read the account of this request.
pub fn is_wanted() -> bool {
    PREFETCH.try_with(|prefetch| prefetch.borrow().is_wanted).unwrap_or_default()
}

/// Stores what was read with the session.
pub fn store(account: Account, companion: impl Companion) {
    PREFETCH
        .try_with(|prefetch| {
            let mut prefetch = prefetch.borrow_mut();
            prefetch.account = Some(Box::new(account));
            prefetch.companion = Some(Box::new(companion));
        })
        .ok();
}

/// The account that was read with the session. Only the first call gets it.
pub fn take_account() -> Option<Account> {
    PREFETCH.try_with(|prefetch| prefetch.borrow_mut().account.take()).ok()?.map(|account| *account)
}

/// The companion that was read with the session. Only the first call gets it.
pub fn take_companion<C: Companion>() -> Option<C> {
    let companion = PREFETCH.try_with(|prefetch| prefetch.borrow_mut().companion.take()).ok()?;
    companion?.downcast().ok().map(|companion| *companion)
}

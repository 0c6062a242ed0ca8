//! Reads the signed-in user together with the session. A page needs both, and one SQL statement returns both.

use std::cell::{Cell, RefCell};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use super::Person;

/// Start of the paths that never need the signed-in user.
const WITHOUT: [&str; 4] = ["/live", "/assets/", "/c/", "/.well-known/"];

enum Along {
    Unwanted,
    Wanted,
    Read(Box<Person>),
}

tokio::task_local! {
    static ALONG: RefCell<Along>;
    static KEEPS_OLD_TOKEN: Cell<bool>;
}

/// Middleware around the session middleware: lets the session store read the request's user too.
pub async fn with_viewer(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_without = WITHOUT.iter().any(|path| request.path().starts_with(path));
    let along = if is_without { Along::Unwanted } else { Along::Wanted };
    let answer = KEEPS_OLD_TOKEN.scope(Cell::new(false), next.call(request));
    ALONG.scope(RefCell::new(along), answer).await
}

/// Tells the session store not to delete the old token: it expires by itself after a few seconds (see
/// `sessions::follow_rights`).
pub fn keep_old_token() {
    KEEPS_OLD_TOKEN.try_with(|keeps| keeps.set(true)).ok();
}

/// Whether `keep_old_token` was called in this request.
pub fn is_old_token_kept() -> bool {
    KEEPS_OLD_TOKEN.try_with(Cell::get).unwrap_or_default()
}

/// Whether the session store should read the user of this request.
pub fn is_wanted() -> bool {
    ALONG.try_with(|along| matches!(*along.borrow(), Along::Wanted)).unwrap_or_default()
}

/// Stores the user that was read with the session.
pub fn keep(person: Person) {
    ALONG.try_with(|along| along.replace(Along::Read(Box::new(person)))).ok();
}

/// The user that was read with the session. Only the first call gets it.
pub fn take() -> Option<Person> {
    let along = ALONG.try_with(|along| along.replace(Along::Unwanted)).ok()?;
    if let Along::Read(person) = along { Some(*person) } else { None }
}

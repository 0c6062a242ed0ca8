//! The signed-in user, read along with the session: a page asks for both, and one statement has both.

use std::cell::{Cell, RefCell};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use super::Person;

/// What is opened by thousands at once, or asked for beside a page, and shows nothing of the user.
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

/// Middleware around the session's: lets its look-up read the user of the request too.
pub async fn with_viewer(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_without = WITHOUT.iter().any(|path| request.path().starts_with(path));
    let along = if is_without { Along::Unwanted } else { Along::Wanted };
    let answer = KEEPS_OLD_TOKEN.scope(Cell::new(false), next.call(request));
    ALONG.scope(RefCell::new(along), answer).await
}

/// Says that the session's old token ends by itself, soon (see `sessions::follow_rights`).
pub fn keep_old_token() {
    KEEPS_OLD_TOKEN.try_with(|keeps| keeps.set(true)).ok();
}

/// Whether it does.
pub fn is_old_token_kept() -> bool {
    KEEPS_OLD_TOKEN.try_with(Cell::get).unwrap_or_default()
}

/// Whether this request asks for its user.
pub fn is_wanted() -> bool {
    ALONG.try_with(|along| matches!(*along.borrow(), Along::Wanted)).unwrap_or_default()
}

/// Keeps who was read with the session.
pub fn keep(person: Person) {
    ALONG.try_with(|along| along.replace(Along::Read(Box::new(person)))).ok();
}

/// Who was read with the session, for the first who asks.
pub fn take() -> Option<Person> {
    let along = ALONG.try_with(|along| along.replace(Along::Unwanted)).ok()?;
    if let Along::Read(person) = along { Some(*person) } else { None }
}

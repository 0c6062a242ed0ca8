//! Views of a list of sessions, on a user's page and on the profile page.

use askama::Template;
use chrono::Utc;
use uuid::Uuid;

use crate::auth::Viewer;
use crate::refusal::FieldErrors;
use crate::users::queries::OpenSession;
use crate::web::browser_name;

#[derive(Template)]
#[template(path = "users/_sessions.html")]
pub struct SessionList {
    /// Start of the forms' paths.
    base: String,
    lines: Vec<Line>,
    /// Users type their password before they end their own sessions.
    is_own: bool,
    errors: FieldErrors,
}

struct Line {
    id: String,
    device: String,
    since: String,
    seen: String,
    ip: String,
    is_current: bool,
}

impl SessionList {
    pub fn new(viewer: &Viewer, base: &str, open: Vec<OpenSession>, current: Option<Uuid>) -> Self {
        let now = Utc::now();
        let line = |session: OpenSession| Line {
            is_current: Some(session.id) == current,
            id: session.id.to_string(),
            device: browser_name(&session.user_agent),
            since: viewer.zone.date_time(session.created_at),
            seen: viewer.zone.relative(session.seen_at, now),
            ip: session.ip,
        };
        Self {
            is_own: base == "/profile",
            base: base.to_owned(),
            lines: open.into_iter().map(line).collect(),
            errors: FieldErrors::default(),
        }
    }

    /// Shows the errors at the password field.
    pub fn refuse(&mut self, errors: &FieldErrors) {
        self.errors = errors.clone();
    }
}

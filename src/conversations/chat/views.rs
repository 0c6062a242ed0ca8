//! The customer's page as finished data.

use askama::Template;
use chrono::Utc;
use uuid::Uuid;

use super::Customer;
use super::queries::OpenAccess;
use crate::channels::Colour;
use crate::conversations::thread::{Items, Part, Window, customer_items};
use crate::files::PostedFiles;
use crate::ids::MessageId;
use crate::settings;
use crate::web::{Shell, browser_name};

/// The message that the customer is writing.
pub struct ChatDraft {
    body: String,
    key: String,
    error: Option<String>,
    /// Names of files that were sent with it and must be chosen again: a page cannot fill a file field.
    lost: Vec<String>,
}

impl ChatDraft {
    /// Empty, with a new key.
    pub fn new() -> Self {
        Self { body: String::new(), key: Uuid::new_v4().to_string(), error: None, lost: Vec::new() }
    }

    /// What was posted. A page that sends it by script keeps its files.
    pub fn posted(form: &PostedFiles, shell: &Shell) -> Self {
        Self {
            body: form.get("body").to_owned(),
            key: form.get("client_key").to_owned(),
            error: None,
            lost: if shell.is_htmx { Vec::new() } else { form.file_names() },
        }
    }

    /// The same, with the reason why it could not be sent.
    pub fn refused(self, error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..self }
    }
}

/// A complete page without the application's frame.
#[derive(Template)]
#[template(path = "conversations/chat/show.html")]
pub struct Chat {
    path: String,
    heading: String,
    company: String,
    colour: Option<String>,
    logo: Option<String>,
    /// Shown before the first message.
    greeting: Option<String>,
    items: Items,
    is_empty: bool,
    older: Option<String>,
    /// Address of the page with all messages; `None` if they are all shown.
    whole: Option<String>,
    /// Address of the page with the newest messages; `None` if they are shown.
    newest: Option<String>,
    last: MessageId,
    draft: ChatDraft,
}

impl Chat {
    pub fn of(part: &Part, customer: &Customer, window: Window, draft: ChatDraft) -> Self {
        Self {
            heading: match customer.public_name.as_str() {
                "" => customer.department.clone(),
                name => name.to_owned(),
            },
            company: customer.company.clone(),
            logo: customer.logo.map(settings::logo::path),
            colour: customer.colour.map(Colour::stylesheet_path),
            greeting: (!part.has_more && window.has_newest() && !customer.greeting.is_empty())
                .then(|| customer.greeting.clone()),
            items: customer_items(part, customer.zone, &customer.department, &customer.path),
            is_empty: part.messages.is_empty(),
            older: older(part, customer),
            whole: (part.has_more && window != Window::Whole).then(|| format!("{}?whole=1", customer.path)),
            newest: (!window.has_newest()).then(|| customer.path.clone()),
            last: part.messages.last().map_or(MessageId(0), |message| message.id),
            path: customer.path.clone(),
            draft,
        }
    }
}

/// The fragment that updates an open page.
#[derive(Template)]
#[template(path = "conversations/chat/_update.html")]
pub struct Update {
    items: Items,
    has_more: bool,
    older: Option<String>,
}

impl Update {
    pub fn of(part: &Part, customer: &Customer) -> Self {
        Self {
            items: customer_items(part, customer.zone, &customer.department, &customer.path),
            has_more: part.has_more,
            older: older(part, customer),
        }
    }
}

/// The browsers in which the customer opened their link: a complete page, like the chat.
#[derive(Template)]
#[template(path = "conversations/chat/accesses.html")]
pub struct Accesses {
    path: String,
    company: String,
    colour: Option<String>,
    lines: Vec<AccessLine>,
}

struct AccessLine {
    browser: String,
    seen: String,
    since: String,
    is_this: bool,
}

impl Accesses {
    pub fn new(customer: &Customer, open: Vec<OpenAccess>) -> Self {
        let now = Utc::now();
        let line = |access: OpenAccess| AccessLine {
            is_this: access.id == customer.access,
            browser: browser_name(&access.user_agent),
            seen: customer.zone.relative(access.seen_at, now),
            since: customer.zone.date_time(access.created_at),
        };
        Self {
            path: customer.path.clone(),
            company: customer.company.clone(),
            colour: customer.colour.map(Colour::stylesheet_path),
            lines: open.into_iter().map(line).collect(),
        }
    }

    fn has_others(&self) -> bool {
        self.lines.iter().any(|line| !line.is_this)
    }
}

fn older(part: &Part, customer: &Customer) -> Option<String> {
    let first = part.messages.first().filter(|_| part.has_more)?;
    Some(format!("{}?before={}", customer.path, first.id))
}

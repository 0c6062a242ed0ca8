//! How a message with variables will read.

use askama::Template;
use diesel::pg::PgConnection;

use crate::clock::{self, Zone};
use crate::error::Result;
use crate::schedules::form::{MESSAGE_LIMIT, ScheduleInput};
use crate::schedules::{Action, queries, variables};

/// The message with the values that are known so far. Empty if it has no variables.
#[derive(Template, Default)]
#[template(path = "schedules/_message_preview.html")]
pub struct MessagePreview {
    filled: Option<String>,
    /// Whether a contact is chosen, without whom most variables have no value yet.
    has_contact: bool,
    /// Why it would be refused.
    refusal: Option<String>,
}

impl MessagePreview {
    /// Whether something is not known yet, such as the number of the ticket.
    fn is_partial(&self) -> bool {
        self.filled.as_ref().is_some_and(|filled| filled.contains("{{"))
    }

    pub fn of(conn: &mut PgConnection, zone: Zone, typed: &ScheduleInput) -> Result<Self> {
        let message = typed.message.trim();
        let is_too_long = message.chars().count() > MESSAGE_LIMIT;
        if !message.contains("{{") || is_too_long || typed.action() == Some(Action::Notify) {
            return Ok(Self::default());
        }
        if let Err(mistakes) = variables::parse(message) {
            return Ok(Self { refusal: Some(variables::in_words(message, &mistakes)), ..Self::default() });
        }
        let ids = typed.ids();
        let at = clock::parse_typed(&typed.due_at).map(|local| zone.first_at(local));
        let filled = queries::filled_message(conn, message, ids, at)?;
        Ok(Self { filled: Some(filled), has_contact: ids.contact.is_some(), refusal: None })
    }
}

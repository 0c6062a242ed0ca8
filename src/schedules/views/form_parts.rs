//! The parts of the form that change with what is chosen.

use askama::Template;
use diesel::pg::PgConnection;
use serde_json::{Value, json};

use crate::auth::Viewer;
use crate::contacts::display;
use crate::error::Result;
use crate::ids::DepartmentId;
use crate::schedules::Action;
use crate::schedules::draft::Facts;
use crate::schedules::queries::Choice;
use crate::tickets::{self, OpenTicket};

/// "Atendente", which appears once a department is chosen.
#[derive(Template)]
#[template(path = "schedules/_attendant.html")]
pub struct AttendantField {
    is_shown: bool,
    pub(super) choices: Vec<Choice>,
    chosen: String,
    is_required: bool,
    pub(super) error: Option<String>,
}

impl AttendantField {
    pub fn new(
        department: Option<DepartmentId>,
        choices: Vec<Choice>,
        chosen: &str,
        action: &str,
        error: Option<String>,
    ) -> Self {
        let is_required = action.parse().is_ok_and(Action::notifies);
        Self { is_shown: department.is_some(), choices, chosen: chosen.to_owned(), is_required, error }
    }
}

/// What is known of the chosen contact.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    open_ticket: Option<OpenTicket>,
    is_unreachable: bool,
}

impl Known {
    /// # Errors
    /// The database is unreachable.
    pub fn of(conn: &mut PgConnection, facts: &Facts) -> Result<Self> {
        let open_ticket = match facts.contact {
            Some(contact) => tickets::open_ticket_of(conn, contact.id)?,
            None => None,
        };
        let is_unreachable = facts.contact.is_some_and(|contact| !contact.is_reachable);
        Ok(Self { open_ticket, is_unreachable })
    }
}

/// "Este contato tem um chamado aberto", and the button that closes it too; or that nothing can be
/// sent to the contact.
#[derive(Template)]
#[template(path = "schedules/_contact_warning.html")]
pub struct ContactWarning {
    protocol: Option<i64>,
    is_unreachable: bool,
    pub(super) may_close: bool,
    /// As an answer to htmx, the button in the form's foot goes along.
    with_button: bool,
}

impl ContactWarning {
    pub fn new(viewer: &Viewer, known: Known, with_button: bool) -> Self {
        let Known { open_ticket, is_unreachable } = known;
        let may_close = open_ticket.as_ref().is_some_and(|ticket| tickets::may_close(viewer, ticket));
        Self { protocol: open_ticket.map(|ticket| ticket.protocol), is_unreachable, may_close, with_button }
    }
}

/// Choices for the searchable select.
pub fn as_json<'a>(choices: impl IntoIterator<Item = &'a Choice>) -> Vec<Value> {
    let option = |choice: &Choice| json!({ "value": choice.id, "text": choice.name, "sub": display::phone(&choice.sub) });
    choices.into_iter().map(option).collect()
}

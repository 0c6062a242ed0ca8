//! The field "Atendente" of the form.

use askama::Template;

use crate::ids::DepartmentId;
use crate::schedules::Action;
use crate::schedules::queries::Choice;

/// "Atendente", which is shown once a department is chosen.
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

//! The page that asks before a user is deactivated.

use askama::Template;

use crate::auth::Viewer;
use crate::handover::{DepartmentSuccessors, Successors, WorkItem};
use crate::refusal::FieldErrors;
use crate::users::deactivate::DeactivationRefusal;
use crate::users::deactivation::DeactivationData;
use crate::users::queries::Standing;

#[derive(Template)]
#[template(path = "users/deactivation.html")]
pub struct Deactivation {
    id: String,
    name: String,
    is_invitation: bool,
    is_self: bool,
    choices: Vec<DepartmentSuccessors>,
    schedules: i64,
    tickets: i64,
    next_schedules: Vec<WorkItem>,
    open_tickets: Vec<WorkItem>,
    errors: FieldErrors,
    clashes: Vec<WorkItem>,
    viewer: Viewer,
}

impl Deactivation {
    pub fn new(viewer: &Viewer, data: DeactivationData) -> Self {
        let DeactivationData { user, work, candidates, open_work } = data;
        Self {
            id: user.id.to_string(),
            is_invitation: user.standing == Standing::Invited,
            is_self: user.id == viewer.id,
            name: user.name,
            schedules: open_work.schedules,
            tickets: open_work.tickets,
            choices: DepartmentSuccessors::all(&work, &candidates),
            next_schedules: WorkItem::schedules(viewer, &open_work),
            open_tickets: WorkItem::tickets(viewer, &open_work),
            errors: FieldErrors::default(),
            clashes: Vec::new(),
            viewer: viewer.clone(),
        }
    }

    /// The same question with the choices and the errors.
    pub fn refused(
        mut self,
        successors: &Successors,
        refusal: DeactivationRefusal,
        last_administrator: &str,
    ) -> Self {
        DepartmentSuccessors::choose(&mut self.choices, successors);
        match refusal {
            DeactivationRefusal::Work(refused) => {
                self.errors.add("heirs", refused.sentence());
                self.clashes = refused.clashes(&self.viewer);
            }
            DeactivationRefusal::LastAdministrator => self.errors.add("heirs", last_administrator),
        }
        self
    }

    fn has_work(&self) -> bool {
        self.schedules + self.tickets > 0
    }
}

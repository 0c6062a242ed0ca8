//! The page that asks before a user is reactivated.

use askama::Template;

use crate::handover::counted;
use crate::users::deactivation::DeactivationData;

#[derive(Template)]
#[template(path = "users/reactivation.html")]
pub struct Reactivation {
    id: String,
    name: String,
    schedules: Option<String>,
}

impl Reactivation {
    pub fn new(data: &DeactivationData) -> Self {
        let schedules = data.open_work.schedules;
        Self {
            id: data.user.id.to_string(),
            name: data.user.name.clone(),
            schedules: counted(schedules, "agendamento pendente", "agendamentos pendentes"),
        }
    }
}

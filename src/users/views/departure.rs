//! Views of the questions before a user is deactivated or reactivated.

use askama::Template;

use crate::auth::Viewer;
use crate::departures::{Heirs, Place, Shown, counted};
use crate::users::departure::{Refused, Work};
use crate::users::queries::Standing;
use crate::web::FieldErrors;

#[derive(Template)]
#[template(path = "users/deactivation.html")]
pub struct Departure {
    id: String,
    name: String,
    is_invitation: bool,
    is_self: bool,
    places: Vec<Place>,
    schedules: i64,
    tickets: i64,
    next_schedules: Vec<Shown>,
    open_tickets: Vec<Shown>,
    errors: FieldErrors,
    clashes: Vec<Shown>,
    viewer: Viewer,
}

impl Departure {
    pub fn new(viewer: &Viewer, work: Work) -> Self {
        let Work { user, held, candidates, in_hand } = work;
        Self {
            id: user.id.to_string(),
            is_invitation: user.standing == Standing::Invited,
            is_self: user.id == viewer.id,
            name: user.name,
            schedules: in_hand.schedules,
            tickets: in_hand.tickets,
            places: Place::all(&held, &candidates),
            next_schedules: Shown::schedules(viewer, &in_hand),
            open_tickets: Shown::tickets(viewer, &in_hand),
            errors: FieldErrors::default(),
            clashes: Vec::new(),
            viewer: viewer.clone(),
        }
    }

    /// The same question with the choices and the errors.
    pub fn refused(mut self, heirs: &Heirs, refused: Refused, last_administrator: &str) -> Self {
        Place::choose(&mut self.places, heirs);
        match refused {
            Refused::Work(refused) => {
                self.errors.add("heirs", refused.sentence());
                self.clashes = refused.clashes(&self.viewer);
            }
            Refused::LastAdministrator => self.errors.add("heirs", last_administrator),
        }
        self
    }

    fn has_work(&self) -> bool {
        self.schedules + self.tickets > 0
    }
}

/// The question before a user is reactivated.
#[derive(Template)]
#[template(path = "users/reactivation.html")]
pub struct Return {
    id: String,
    name: String,
    schedules: Option<String>,
}

impl Return {
    pub fn new(work: &Work) -> Self {
        let schedules = work.in_hand.schedules;
        Self {
            id: work.user.id.to_string(),
            name: work.user.name.clone(),
            schedules: counted(schedules, "agendamento pendente", "agendamentos pendentes"),
        }
    }
}

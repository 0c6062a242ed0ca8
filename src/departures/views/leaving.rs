//! The page that asks before an attendant with open work leaves departments.

use askama::Template;

use super::{Place, Shown};
use crate::auth::Viewer;
use crate::departures::leaving::{Leave, Refused};
use crate::departures::queries::{Candidate, Held, InHand};
use crate::web::FieldErrors;

#[derive(Template)]
#[template(path = "departures/leaving.html")]
pub struct Leaving {
    name: String,
    /// Where the answer is posted to, with the fields of the form that led here.
    action: String,
    fields: Vec<(&'static str, String)>,
    back: String,
    departments: String,
    schedules: i64,
    tickets: i64,
    next_schedules: Vec<Shown>,
    open_tickets: Vec<Shown>,
    places: Vec<Place>,
    errors: FieldErrors,
    clashes: Vec<Shown>,
}

impl Leaving {
    pub fn new(
        viewer: &Viewer,
        leave: &Leave,
        (held, candidates, in_hand): (Vec<Held>, Vec<Candidate>, InHand),
        name: String,
    ) -> Self {
        let departments: Vec<&str> = held.iter().map(|held| held.department.as_str()).collect();
        Self {
            name,
            action: String::new(),
            fields: Vec::new(),
            back: String::new(),
            departments: departments.join(", "),
            schedules: in_hand.schedules,
            tickets: in_hand.tickets,
            next_schedules: Shown::schedules(viewer, &in_hand),
            open_tickets: Shown::tickets(viewer, &in_hand),
            places: {
                let mut places = Place::all(&held, &candidates);
                Place::choose(&mut places, &leave.heirs);
                places
            },
            errors: FieldErrors::default(),
            clashes: Vec::new(),
        }
    }

    /// Sets where the answer is posted to, where "back" leads, and additional fields.
    pub fn answered_at(self, action: String, back: String, fields: Vec<(&'static str, String)>) -> Self {
        Self { action, back, fields, ..self }
    }

    /// The same page with the error.
    pub fn refused(mut self, viewer: &Viewer, refused: &Refused) -> Self {
        self.errors.add("heirs", refused.sentence());
        self.clashes = refused.clashes(viewer);
        self
    }
}

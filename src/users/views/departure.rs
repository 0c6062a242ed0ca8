//! The questions before somebody is deactivated or taken back.

use askama::Template;

use crate::auth::Viewer;
use crate::departures::{Shown, counted};
use crate::users::departure::{Heirs, Refused, Work};
use crate::users::queries::{Candidate, Held, Standing};
use crate::web::FieldErrors;

#[derive(Template)]
#[template(path = "users/deactivation.html")]
pub struct Departure {
    csrf: String,
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

/// A department with what is in hand there, and who could take it over.
struct Place {
    id: String,
    field: String,
    name: String,
    what: String,
    heirs: Vec<Choice>,
}

struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

impl Departure {
    pub fn new(viewer: &Viewer, csrf: &str, work: Work) -> Self {
        let Work { user, held, candidates, in_hand } = work;
        Self {
            csrf: csrf.to_owned(),
            id: user.id.to_string(),
            is_invitation: user.standing == Standing::Invited,
            is_self: user.id == viewer.id,
            name: user.name,
            schedules: in_hand.schedules,
            tickets: in_hand.tickets,
            places: held.iter().map(|held| Place::new(held, &candidates)).collect(),
            next_schedules: Shown::schedules(viewer, &in_hand),
            open_tickets: Shown::tickets(viewer, &in_hand),
            errors: FieldErrors::default(),
            clashes: Vec::new(),
            viewer: viewer.clone(),
        }
    }

    /// The same question with what was chosen and what is wrong.
    pub fn refused(mut self, heirs: &Heirs, refused: Refused, last_administrator: &str) -> Self {
        for place in &mut self.places {
            for choice in &mut place.heirs {
                choice.is_chosen = heirs
                    .iter()
                    .any(|(at, heir)| at.to_string() == place.id && heir.to_string() == choice.value);
            }
        }
        match refused {
            Refused::NoAttendant => {
                self.errors.add(
                    "heirs",
                    "Quem você escolheu não atende mais neste departamento. Escolha outra pessoa.",
                );
            }
            Refused::TooNear(clashes) => {
                self.errors.add("heirs", "Alguns agendamentos ficariam perto demais de outros de quem recebe. Escolha outra pessoa, mude o horário deles ou deixe na fila.");
                let clashes = clashes.iter();
                self.clashes = clashes
                    .map(|clash| Shown::schedule(&self.viewer, clash.id, clash.due_at, &clash.contact_name))
                    .collect();
            }
            Refused::LastAdministrator => self.errors.add("heirs", last_administrator),
        }
        self
    }

    fn has_work(&self) -> bool {
        self.schedules + self.tickets > 0
    }
}

impl Place {
    fn new(held: &Held, candidates: &[Candidate]) -> Self {
        let counts = [
            counted(held.schedules, "agendamento", "agendamentos"),
            counted(held.tickets, "chamado", "chamados"),
        ];
        let there = candidates.iter().filter(|candidate| candidate.department_id == held.department_id);
        Self {
            id: held.department_id.to_string(),
            field: format!("heir_{}", held.department_id),
            name: held.department.clone(),
            what: counts.into_iter().flatten().collect::<Vec<_>>().join(" e "),
            heirs: there
                .map(|one| Choice { value: one.id.to_string(), label: one.name.clone(), is_chosen: false })
                .collect(),
        }
    }
}

/// The question before somebody comes back.
#[derive(Template)]
#[template(path = "users/reactivation.html")]
pub struct Return {
    csrf: String,
    id: String,
    name: String,
    schedules: Option<String>,
}

impl Return {
    pub fn new(csrf: &str, work: &Work) -> Self {
        let schedules = work.in_hand.schedules;
        Self {
            csrf: csrf.to_owned(),
            id: work.user.id.to_string(),
            name: work.user.name.clone(),
            schedules: counted(schedules, "agendamento pendente", "agendamentos pendentes"),
        }
    }
}

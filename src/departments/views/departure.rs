//! The page that asks before a department is deactivated.

use askama::Template;

use crate::auth::Viewer;
use crate::departments::departure::{Heirs, Refused, Takes, Work};
use crate::departures::{Shown, counted};
use crate::ids::DepartmentId;
use crate::web::FieldErrors;

#[derive(Template)]
#[template(path = "departments/deactivation.html")]
pub struct Departure {
    id: String,
    name: String,
    channels: String,
    others: Vec<Choice>,
    schedules: i64,
    tickets: i64,
    /// What will happen to the schedules that open a ticket, and to those that only notify.
    will_fail: Option<String>,
    will_notify: Option<String>,
    next_schedules: Vec<Shown>,
    first_tickets: Vec<Shown>,
    errors: FieldErrors,
    clashes: Vec<Shown>,
    viewer: Viewer,
}

struct Choice {
    value: String,
    label: String,
    takes_channels: bool,
    takes_work: bool,
}

impl Departure {
    pub fn new(viewer: &Viewer, work: Work) -> Self {
        let channels: Vec<String> =
            work.channels.iter().map(|channel| format!("“{}”", channel.name)).collect();
        let choice = |id: DepartmentId, name: String| Choice {
            value: id.to_string(),
            label: name,
            takes_channels: false,
            takes_work: false,
        };
        let notifying = work.in_hand.schedules - work.opening;
        Self {
            id: work.department.id.to_string(),
            name: work.department.name,
            channels: channels.join(", "),
            others: work.others.into_iter().map(|other| choice(other.id, other.name)).collect(),
            schedules: work.in_hand.schedules,
            tickets: work.in_hand.tickets,
            will_fail: counted(
                work.opening,
                "agendamento que abriria chamado terminará com erro",
                "agendamentos que abririam chamado terminarão com erro",
            ),
            will_notify: counted(notifying, "agendamento só notifica", "agendamentos só notificam"),
            next_schedules: Shown::schedules(viewer, &work.in_hand),
            first_tickets: Shown::tickets(viewer, &work.in_hand),
            errors: FieldErrors::default(),
            clashes: Vec::new(),
            viewer: viewer.clone(),
        }
    }

    /// The same page with the user's choices and the error.
    pub fn refused(mut self, heirs: Heirs, refused: Refused) -> Self {
        for other in &mut self.others {
            let is = |heir: Option<DepartmentId>| heir.is_some_and(|heir| heir.to_string() == other.value);
            (other.takes_channels, other.takes_work) = (is(heirs.channels), is(heirs.work));
        }
        match refused {
            Refused::Last => {
                let message = format!(
                    "Este é o último departamento ativo, e a conexão {} precisa de um. Crie outro departamento antes.",
                    self.channels
                );
                self.errors.add("deactivation", message);
            }
            Refused::Channels => {
                self.errors.add("channels_to", "Escolha o departamento que recebe as primeiras mensagens.")
            }
            Refused::Oneself(Takes::Channels) => self.errors.add(
                "channels_to",
                "Você atende esse departamento e passaria a ver conversas que hoje não vê. Escolha outro ou peça a outra pessoa.",
            ),
            Refused::Oneself(Takes::Work) => self.errors.add(
                "work_to",
                "Com isso, você passaria a ver conversas que hoje não vê. Escolha outro departamento ou peça a outra pessoa.",
            ),
            Refused::Oneself(Takes::NextMessages) => self.errors.add(
                "deactivation",
                "As próximas mensagens destes clientes viriam para um departamento seu, e você passaria a ver conversas que hoje não vê. Peça a outra pessoa.",
            ),
            Refused::Work => self.errors.add("work_to", "Escolha um departamento ativo."),
            Refused::TooNear(clashes) => {
                self.errors.add("work_to", "Alguns agendamentos ficariam perto demais de outros do departamento que recebe. Escolha outro, mude o horário deles ou não mova.");
                let shown = |clash: &crate::schedules::handover::Clash| {
                    Shown::schedule(&self.viewer, clash.id, clash.due_at, &clash.contact_name)
                };
                self.clashes = clashes.iter().map(shown).collect();
            }
        }
        self
    }

    fn has_work(&self) -> bool {
        self.schedules + self.tickets > 0
    }
}

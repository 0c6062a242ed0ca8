//! The page that asks before a department is deactivated.

use askama::Template;

use crate::auth::Viewer;
use crate::departments::deactivate::{AccessGain, DeactivationRefusal, Destinations};
use crate::departments::deactivation::DeactivationData;
use crate::handover::{WorkItem, counted};
use crate::ids::DepartmentId;
use crate::refusal::FieldErrors;

#[derive(Template)]
#[template(path = "departments/deactivation.html")]
pub struct Deactivation {
    id: String,
    name: String,
    channels: String,
    others: Vec<Choice>,
    schedules: i64,
    tickets: i64,
    /// What will happen to the schedules that open a ticket, and to those that only notify.
    will_fail: Option<String>,
    will_notify: Option<String>,
    next_schedules: Vec<WorkItem>,
    first_tickets: Vec<WorkItem>,
    errors: FieldErrors,
    clashes: Vec<WorkItem>,
    viewer: Viewer,
}

struct Choice {
    value: String,
    label: String,
    takes_channels: bool,
    takes_work: bool,
}

impl Deactivation {
    pub fn new(viewer: &Viewer, data: DeactivationData) -> Self {
        let channels: Vec<String> =
            data.channels.iter().map(|channel| format!("“{}”", channel.name)).collect();
        let choice = |id: DepartmentId, name: String| Choice {
            value: id.to_string(),
            label: name,
            takes_channels: false,
            takes_work: false,
        };
        let notifying = data.open_work.schedules - data.ticket_schedules;
        Self {
            id: data.department.id.to_string(),
            name: data.department.name,
            channels: channels.join(", "),
            others: data.others.into_iter().map(|other| choice(other.id, other.name)).collect(),
            schedules: data.open_work.schedules,
            tickets: data.open_work.tickets,
            will_fail: counted(
                data.ticket_schedules,
                "agendamento que abriria chamado terminará com erro",
                "agendamentos que abririam chamado terminarão com erro",
            ),
            will_notify: counted(notifying, "agendamento só notifica", "agendamentos só notificam"),
            next_schedules: WorkItem::schedules(viewer, &data.open_work),
            first_tickets: WorkItem::tickets(viewer, &data.open_work),
            errors: FieldErrors::default(),
            clashes: Vec::new(),
            viewer: viewer.clone(),
        }
    }

    /// The same page with the user's choices and the error.
    pub fn refused(mut self, destinations: Destinations, refusal: DeactivationRefusal) -> Self {
        for other in &mut self.others {
            let is = |to: Option<DepartmentId>| to.is_some_and(|to| to.to_string() == other.value);
            (other.takes_channels, other.takes_work) = (is(destinations.channels), is(destinations.work));
        }
        match refusal {
            DeactivationRefusal::LastDepartment => {
                let message = format!(
                    "Este é o último departamento ativo, e a conexão {} precisa de um. Crie outro departamento antes.",
                    self.channels
                );
                self.errors.add("deactivation", message);
            }
            DeactivationRefusal::NoChannelDestination => {
                self.errors.add("channels_to", "Escolha o departamento que recebe as primeiras mensagens.")
            }
            DeactivationRefusal::SelfAccess(AccessGain::Channels) => self.errors.add(
                "channels_to",
                "Você atende esse departamento e passaria a ver conversas que hoje não vê. Escolha outro ou peça a outra pessoa.",
            ),
            DeactivationRefusal::SelfAccess(AccessGain::Work) => self.errors.add(
                "work_to",
                "Com isso, você passaria a ver conversas que hoje não vê. Escolha outro departamento ou peça a outra pessoa.",
            ),
            DeactivationRefusal::SelfAccess(AccessGain::NextMessages) => self.errors.add(
                "deactivation",
                "As próximas mensagens destes clientes viriam para um departamento seu, e você passaria a ver conversas que hoje não vê. Peça a outra pessoa.",
            ),
            DeactivationRefusal::InvalidWorkDestination => self.errors.add("work_to", "Escolha um departamento ativo."),
            DeactivationRefusal::TooNear(clashes) => {
                self.errors.add("work_to", "Alguns agendamentos ficariam perto demais de outros do departamento que recebe. Escolha outro, mude o horário deles ou não mova.");
                let shown = |clash: &crate::schedules::handover::Clash| {
                    WorkItem::schedule(&self.viewer, clash.id, clash.due_at, &clash.contact_name)
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

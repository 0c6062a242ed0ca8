//! Finished data for the pages that ask before work is handed over.

use askama::Template;
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::Successors;
use super::form::SUCCESSOR_FIELD_PREFIX;
use super::hand_over::{HandoverRefusal, LeaveRequest};
use super::queries::{self, Candidate, DepartmentWork, OpenTicket, OpenWork, WorkOwner};
use crate::auth::{Permission, Viewer};
use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId};
use crate::refusal::FieldErrors;
use crate::schedules::handover::Clash;

#[derive(Template)]
#[template(path = "handover/leaving.html")]
pub struct Leaving {
    name: String,
    /// Where the answer is posted to, with the fields of the form that led here.
    action: String,
    fields: Vec<(&'static str, String)>,
    back: String,
    departments: String,
    schedules: i64,
    tickets: i64,
    next_schedules: Vec<WorkItem>,
    open_tickets: Vec<WorkItem>,
    choices: Vec<DepartmentSuccessors>,
    errors: FieldErrors,
    clashes: Vec<WorkItem>,
}

impl Leaving {
    /// The page that shows what leaving affects and asks for confirmation. `name` is the attendant's.
    pub fn load(
        conn: &mut PgConnection,
        viewer: &Viewer,
        leave: &LeaveRequest,
        name: String,
    ) -> Result<Self> {
        let work = queries::work_by_department(conn, leave.user, Some(&leave.departments))?;
        let candidates = queries::candidates(conn, leave.user)?;
        let open_work = queries::open_work(conn, WorkOwner::Member(leave.user, &leave.departments))?;
        let departments: Vec<&str> = work.iter().map(|one| one.department.as_str()).collect();
        let mut choices = DepartmentSuccessors::all(&work, &candidates);
        DepartmentSuccessors::choose(&mut choices, &leave.successors);
        Ok(Self {
            name,
            action: String::new(),
            fields: Vec::new(),
            back: String::new(),
            departments: departments.join(", "),
            schedules: open_work.schedules,
            tickets: open_work.tickets,
            next_schedules: WorkItem::schedules(viewer, &open_work),
            open_tickets: WorkItem::tickets(viewer, &open_work),
            choices,
            errors: FieldErrors::default(),
            clashes: Vec::new(),
        })
    }

    /// Sets where the answer is posted to, where "back" leads, and additional fields.
    pub fn answered_at(self, action: String, back: String, fields: Vec<(&'static str, String)>) -> Self {
        Self { action, back, fields, ..self }
    }

    /// The same page with the error.
    pub fn refused(mut self, viewer: &Viewer, refusal: &HandoverRefusal) -> Self {
        self.errors.add("heirs", refusal.sentence());
        self.clashes = refusal.clashes(viewer);
        self
    }
}

impl HandoverRefusal {
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::NoAttendant => {
                "Quem você escolheu não atende mais neste departamento. Escolha outra pessoa."
            }
            Self::TooNear(_) => {
                "Alguns agendamentos ficariam perto demais de outros de quem recebe. Escolha outra pessoa, mude o horário deles ou não os passe."
            }
        }
    }

    pub fn clashes(&self, viewer: &Viewer) -> Vec<WorkItem> {
        let Self::TooNear(clashes) = self else { return Vec::new() };
        let shown = |clash: &Clash| WorkItem::schedule(viewer, clash.id, clash.due_at, &clash.contact_name);
        clashes.iter().map(shown).collect()
    }
}

/// A department with the attendant's work there, and who could take it over.
pub struct DepartmentSuccessors {
    id: DepartmentId,
    pub field: String,
    pub name: String,
    pub what: String,
    pub successors: Vec<SuccessorChoice>,
}

pub struct SuccessorChoice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl DepartmentSuccessors {
    pub fn all(work: &[DepartmentWork], candidates: &[Candidate]) -> Vec<Self> {
        work.iter().map(|work| Self::new(work, candidates)).collect()
    }

    /// Marks the chosen users.
    pub fn choose(departments: &mut [Self], successors: &Successors) {
        for department in departments {
            let chosen = successors.get(&department.id).map(ToString::to_string);
            for successor in &mut department.successors {
                successor.is_chosen = chosen.as_ref() == Some(&successor.value);
            }
        }
    }

    fn new(work: &DepartmentWork, candidates: &[Candidate]) -> Self {
        let counts = [
            counted(work.schedules, "agendamento", "agendamentos"),
            counted(work.tickets, "chamado", "chamados"),
        ];
        let there = candidates.iter().filter(|candidate| candidate.department_id == work.department_id);
        Self {
            id: work.department_id,
            field: format!("{SUCCESSOR_FIELD_PREFIX}{}", work.department_id),
            name: work.department.clone(),
            what: counts.into_iter().flatten().collect::<Vec<_>>().join(" e "),
            successors: there
                .map(|one| SuccessorChoice {
                    value: one.id.to_string(),
                    label: one.name.clone(),
                    is_chosen: false,
                })
                .collect(),
        }
    }
}

/// A schedule or ticket, with a name and a link if the viewer may see them.
pub struct WorkItem {
    pub href: Option<String>,
    pub text: String,
}

impl WorkItem {
    pub fn schedule(viewer: &Viewer, id: ScheduleId, due_at: DateTime<Utc>, contact: &str) -> Self {
        let due = viewer.zone.free_time_label(due_at);
        match viewer.can_schedule() {
            true => Self { href: Some(format!("/schedules/{id}")), text: format!("{due}, {contact}") },
            false => Self { href: None, text: due },
        }
    }

    /// The next schedules, and the number of the remainder.
    pub fn schedules(viewer: &Viewer, open_work: &OpenWork) -> Vec<Self> {
        let mut shown: Vec<_> = open_work
            .next_schedules
            .iter()
            .map(|one| Self::schedule(viewer, one.id, one.due_at, &one.contact))
            .collect();
        shown.extend(Self::remainder(open_work.schedules, shown.len()));
        shown
    }

    /// The first tickets, and the number of the remainder.
    pub fn tickets(viewer: &Viewer, open_work: &OpenWork) -> Vec<Self> {
        let ticket = |one: &OpenTicket| {
            let attends = viewer.may(Permission::Tickets) && viewer.departments.contains(&one.department_id);
            match attends || viewer.may(Permission::TicketsAll) {
                true => Self {
                    href: Some(format!("/tickets/{}", one.id)),
                    text: format!("nº {}, {}", one.protocol, one.contact),
                },
                false => Self { href: None, text: format!("nº {}", one.protocol) },
            }
        };
        let mut shown: Vec<_> = open_work.first_tickets.iter().map(ticket).collect();
        shown.extend(Self::remainder(open_work.tickets, shown.len()));
        shown
    }

    fn remainder(all: i64, shown: usize) -> Option<Self> {
        let remainder = all - shown as i64;
        (remainder > 0).then(|| Self { href: None, text: format!("e mais {remainder}") })
    }
}

/// "1 chamado", "3 chamados"; `None` for 0.
pub fn counted(number: i64, one: &str, many: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    }
}

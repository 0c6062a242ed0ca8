//! Warnings about what will prevent a schedule from running as planned, and what can be done.

use crate::schedules::Action;
use crate::schedules::queries::Detail;

/// A sentence in bold, and the text after it.
pub struct Warning {
    pub what: String,
    pub then: String,
}

impl Warning {
    /// What was deactivated or archived since a pending schedule was saved.
    pub fn all(detail: &Detail) -> Vec<Self> {
        if detail.status.is_final() {
            return Vec::new();
        }
        [contact(detail), department(detail), attendant(detail)].into_iter().flatten().collect()
    }

    /// Why a final schedule cannot be rescheduled.
    pub fn why_no_reschedule(detail: &Detail) -> Option<Self> {
        let what = match (detail.is_anonymised, detail.is_archived) {
            (true, _) => "Este contato foi anonimizado.",
            (_, true) => "Este contato foi arquivado.",
            _ => return None,
        };
        let then = match detail.is_anonymised {
            true => "Nada mais pode ser agendado para ele.",
            false => "Para reagendar, reative o contato em Contatos.",
        };
        detail.status.is_final().then(|| Self { what: what.into(), then: then.into() })
    }
}

fn contact(detail: &Detail) -> Option<Warning> {
    let opens = detail.action.opens_ticket();
    let what = match (detail.is_anonymised, detail.is_archived, detail.is_unreachable) {
        (true, ..) => "O contato foi anonimizado.",
        (_, true, _) => "O contato foi arquivado.",
        (.., true) if opens => "O contato está sem conexão ativa.",
        _ => return None,
    };
    let then = match (opens, detail.is_anonymised) {
        (false, _) => {
            "O aviso ainda vai ao atendente. Se ele não for mais necessário, cancele o agendamento."
        }
        (true, true) => {
            "No horário, nada será enviado. Cancele o agendamento ou edite e escolha outro contato."
        }
        (true, false) => "No horário, nada será enviado. Reative o contato, ou edite e escolha outro.",
    };
    Some(Warning { what: what.into(), then: then.into() })
}

fn department(detail: &Detail) -> Option<Warning> {
    let is_stopped = detail.is_department_inactive && detail.action.opens_ticket();
    is_stopped.then(|| Warning {
        what: format!("O departamento {} está desativado.", detail.department_name),
        then: "No horário, o chamado não será aberto. Edite e escolha outro departamento.".into(),
    })
}

fn attendant(detail: &Detail) -> Option<Warning> {
    let name = detail.attendant_name.as_ref().filter(|_| detail.is_attendant_inactive)?;
    let department = &detail.department_name;
    let then = match detail.action {
        Action::OpenTicket => format!("O chamado vai abrir na fila de {department}."),
        Action::OpenTicketAndNotify => {
            format!("O chamado vai abrir na fila de {department}, e o aviso vai aos atendentes dela.")
        }
        Action::Notify => format!("O aviso vai aos atendentes de {department}."),
    };
    Some(Warning {
        what: format!("{name} está desativado."),
        then: format!("{then} Se preferir, edite e escolha outro atendente."),
    })
}

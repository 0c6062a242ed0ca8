//! The action and the status of a schedule.

use crate::text_enum;

text_enum! {
    /// "Ações": what happens at the due time.
    pub enum Action {
        /// Opens a ticket in the queue of the department and attendant, and sends message and files.
        OpenTicket = "open_ticket",
        /// The same, and notifies the attendant.
        OpenTicketAndNotify = "open_ticket_and_notify",
        /// Only notifies the attendant; nothing goes to the contact.
        Notify = "notify",
    }
}

impl Action {
    pub fn opens_ticket(self) -> bool {
        self != Self::Notify
    }

    pub fn notifies(self) -> bool {
        self != Self::OpenTicket
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::OpenTicket => "Abrir chamado",
            Self::OpenTicketAndNotify => "Abrir chamado e notificar atendente",
            Self::Notify => "Notificar atendente",
        }
    }

    /// For the narrow column of a list.
    pub fn short_label(self) -> &'static str {
        match self {
            Self::OpenTicketAndNotify => "Abrir chamado e notificar",
            action => action.label(),
        }
    }
}

text_enum! {
    /// "Situação". A schedule is `scheduled` until its due time or its cancellation; the other states are
    /// final.
    ///
    /// ```text
    ///              edit
    ///              ┌──┐
    ///              ▼  │
    /// created ─▶ scheduled ──due──▶ completed   the dispatcher: ticket opened and/or attendant notified
    ///              │      └──due──▶ failed      the dispatcher: see FailureReason
    ///              └───cancel─────▶ cancelled   a person with the permission
    /// ```
    pub enum Status {
        Scheduled = "scheduled",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl Status {
    pub fn label(self) -> &'static str {
        match self {
            Self::Scheduled => "Agendado",
            Self::Completed => "Concluído",
            Self::Failed => "Erro",
            Self::Cancelled => "Cancelado",
        }
    }

    /// The badge's class in `status.css`.
    pub fn style(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Completed => "done",
            Self::Failed => "error",
            Self::Cancelled => "cancelled",
        }
    }

    /// The badge's icon.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Scheduled => "clock",
            Self::Completed => "circle-check",
            Self::Failed => "alert-triangle",
            Self::Cancelled => "ban",
        }
    }

    pub fn is_final(self) -> bool {
        self != Self::Scheduled
    }
}

text_enum! {
    /// Why the dispatcher could not do what was scheduled.
    pub enum FailureReason {
        /// The contact had an open ticket at the due time.
        TicketOpen = "ticket_open",
        /// The platform was stopped for longer than the tolerance.
        Expired = "expired",
        /// The contact was archived, or its channel deactivated.
        ContactInactive = "contact_inactive",
        /// The department was deactivated.
        DepartmentInactive = "department_inactive",
        /// The database refused the row itself; the log says why.
        Internal = "internal",
    }
}

impl FailureReason {
    /// For the narrow cell of a table. The schedule's page says more.
    pub fn short_label(self) -> &'static str {
        match self {
            Self::TicketOpen => "O chamado já estava aberto",
            Self::Expired => "A plataforma estava parada",
            Self::ContactInactive => "Contato arquivado ou sem conexão",
            Self::DepartmentInactive => "Departamento desativado",
            Self::Internal => "Recusado pelo banco de dados",
        }
    }
}

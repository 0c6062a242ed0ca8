//! The form and its parts that change with what is chosen.

use askama::Template;
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use serde_json::{Value, json};

use crate::auth::Viewer;
use crate::clock::Resolved;
use crate::contacts::display;
use crate::error::Result;
use crate::files::{self, UploadItem};
use crate::ids::{DepartmentId, UserId};
use crate::schedules::Action;
use crate::schedules::form::{COMMENT_LIMIT, MESSAGE_LIMIT, Typed};
use crate::schedules::queries::{self, Choice};
use crate::schedules::spacing::Conflict;
use crate::tickets::{self, OpenTicket};
use crate::web::FieldErrors;

/// What the form's selects offer.
pub struct Options {
    people: Vec<Choice>,
    contacts: Vec<Choice>,
    departments: Vec<Choice>,
    attendants: Vec<Choice>,
    open_ticket: Option<OpenTicket>,
    files: Vec<UploadItem>,
}

impl Options {
    /// # Errors
    /// The database is unreachable.
    pub fn load(conn: &mut PgConnection, viewer: UserId, typed: &Typed) -> Result<Self> {
        let chosen = typed.ids();
        let mut contacts = queries::contacts(conn, chosen.person, "")?;
        let mut open_ticket = None;
        if let Some(contact) = chosen.contact {
            open_ticket = tickets::open_ticket_of(conn, contact)?;
            if contacts.iter().all(|choice| choice.id != contact.0) {
                contacts.extend(queries::contact_choice(conn, contact)?);
            }
        }
        let files = files::queries::usable(conn, viewer, &typed.files)?;
        Ok(Self {
            files: files.into_iter().map(UploadItem::new).collect(),
            people: queries::people(conn, "", chosen.person)?,
            contacts,
            departments: queries::departments(conn)?,
            attendants: match chosen.department {
                Some(department) => queries::attendants(conn, department)?,
                None => Vec::new(),
            },
            open_ticket,
        })
    }
}

#[derive(Template)]
#[template(path = "schedules/form.html")]
pub struct FormPage {
    csrf: String,
    typed: Typed,
    people: Vec<Choice>,
    contacts: Vec<Choice>,
    departments: Vec<Choice>,
    attendant: AttendantField,
    warning: OpenTicketWarning,
    errors: FieldErrors,
    conflict: Option<ConflictNotice>,
    actions: Vec<ActionChoice>,
    earliest: String,
    zone_hint: String,
    files: Vec<UploadItem>,
}

struct ActionChoice {
    action: Action,
    icon: &'static str,
    text: &'static str,
    is_chosen: bool,
}

impl FormPage {
    pub fn new(viewer: &Viewer, csrf: &str, typed: Typed, options: Options) -> Self {
        let Options { people, contacts, departments, attendants, open_ticket, files } = options;
        let department = typed.ids().department;
        let actions = Action::ALL.iter().map(|action| ActionChoice::new(*action, &typed.action)).collect();
        Self {
            csrf: csrf.to_owned(),
            attendant: AttendantField::new(department, attendants, &typed.attendant_id, &typed.action, None),
            warning: OpenTicketWarning::new(viewer, open_ticket, false),
            typed,
            people,
            contacts,
            departments,
            errors: FieldErrors::default(),
            conflict: None,
            actions,
            earliest: viewer.zone.input(Utc::now()),
            zone_hint: viewer.zone.hint(),
            files,
        }
    }

    /// The same form with what is wrong.
    pub fn refused(mut self, viewer: &Viewer, errors: FieldErrors, conflict: Option<Conflict>) -> Self {
        self.attendant.error = errors.of("attendant_id").map(str::to_owned);
        self.conflict = conflict.map(|conflict| ConflictNotice::new(viewer, conflict));
        self.errors = errors;
        self
    }

    fn is_reminder(&self) -> bool {
        self.typed.action() == Some(Action::Notify)
    }

    fn file_errors(&self) -> Vec<&str> {
        let refused = || self.typed.refused_files.iter().map(String::as_str).collect();
        let errors: Vec<_> = self
            .errors
            .iter()
            .filter(|error| error.field == "files")
            .map(|error| error.message.as_str())
            .collect();
        if errors.is_empty() { refused() } else { errors }
    }

    fn has_file_errors(&self) -> bool {
        !self.file_errors().is_empty()
    }

    fn message_limit(&self) -> usize {
        MESSAGE_LIMIT
    }

    fn comment_limit(&self) -> usize {
        COMMENT_LIMIT
    }
}

impl ActionChoice {
    fn new(action: Action, chosen: &str) -> Self {
        let (icon, text) = match action {
            Action::OpenTicket => {
                ("message-plus", "Envia a mensagem e abre o chamado na fila do departamento e do atendente.")
            }
            Action::OpenTicketAndNotify => {
                ("message-bolt", "Faz as duas ações e avisa o atendente pela plataforma.")
            }
            Action::Notify => ("bell-ringing", "Só o atendente recebe um aviso. Nada é enviado ao contato."),
        };
        Self { action, icon, text, is_chosen: chosen == action.as_str() }
    }
}

/// "Atendente", which appears once a department is chosen.
#[derive(Template)]
#[template(path = "schedules/_attendant.html")]
pub struct AttendantField {
    is_shown: bool,
    choices: Vec<Choice>,
    chosen: String,
    is_required: bool,
    error: Option<String>,
}

impl AttendantField {
    pub fn new(
        department: Option<DepartmentId>,
        choices: Vec<Choice>,
        chosen: &str,
        action: &str,
        error: Option<String>,
    ) -> Self {
        let is_required = action.parse().is_ok_and(Action::notifies);
        Self { is_shown: department.is_some(), choices, chosen: chosen.to_owned(), is_required, error }
    }
}

/// "Este contato tem um chamado aberto", and the button that closes it too.
#[derive(Template)]
#[template(path = "schedules/_open_ticket.html")]
pub struct OpenTicketWarning {
    protocol: Option<i64>,
    may_close: bool,
    /// As an answer to htmx, the button in the form's foot goes along.
    with_button: bool,
}

impl OpenTicketWarning {
    pub fn new(viewer: &Viewer, ticket: Option<OpenTicket>, with_button: bool) -> Self {
        let may_close = ticket.as_ref().is_some_and(|ticket| tickets::may_close(viewer, ticket));
        Self { protocol: ticket.map(|ticket| ticket.protocol), may_close, with_button }
    }
}

struct ConflictNotice {
    title: String,
    href: String,
    contact: String,
    slots: Vec<(String, String)>,
}

impl ConflictNotice {
    fn new(viewer: &Viewer, conflict: Conflict) -> Self {
        let zone = viewer.zone;
        let (date, time) = (zone.date(conflict.due_at), zone.time(conflict.due_at));
        // A time that the clocks repeat could not be told from its twin.
        let is_plain = |at: &DateTime<Utc>| matches!(zone.resolve(zone.local(*at)), Resolved::One(_));
        let slots = [conflict.before, conflict.after].into_iter().flatten().filter(is_plain);
        Self {
            title: format!("Já existe um agendamento em {date} às {time}."),
            href: format!("/schedules/{}", conflict.with),
            contact: conflict.contact_name,
            slots: slots.map(|at| (zone.input(at), zone.slot(at))).collect(),
        }
    }
}

/// Choices for the searchable select.
pub fn as_json(choices: &[Choice]) -> Vec<Value> {
    choices
        .iter()
        .map(|choice| json!({ "value": choice.id, "text": choice.name, "sub": display::phone(&choice.sub) }))
        .collect()
}

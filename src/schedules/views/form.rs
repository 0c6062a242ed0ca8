//! The form that creates, edits or reschedules a schedule.

use askama::Template;
use chrono::Utc;

use super::options::{FormOptions, ResultCounts};
use super::slot::suggestion;
use super::{AttendantField, ChannelField, ContactWarning, MessagePreview, QUEUE, SlotView, with_second};
use crate::auth::Viewer;
use crate::clock::{self, Resolved, Zone};
use crate::files::UploadItem;
use crate::ids::ScheduleId;
use crate::refusal::FieldErrors;
use crate::schedules::Action;
use crate::schedules::create::SaveQuestion;
use crate::schedules::editing::{Merged, Part, Stale, stale_notice};
use crate::schedules::form::{COMMENT_LIMIT, Fold, MESSAGE_LIMIT, ScheduleInput};
use crate::schedules::queries::Choice;
use crate::schedules::slot::Slot;
use crate::web;

/// What the form is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    New,
    Edit(ScheduleId),
    /// A new schedule that replaces a final one.
    Reschedule(ScheduleId),
}

impl Purpose {
    /// The purpose of a form that creates a schedule.
    pub fn of_new(typed: &ScheduleInput) -> Self {
        typed.ids().rescheduled_from.map_or(Self::New, Self::Reschedule)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::New => "Novo agendamento",
            Self::Edit(_) => "Editar agendamento",
            Self::Reschedule(_) => "Reagendar",
        }
    }

    /// The schedule that is edited.
    pub fn edited(self) -> Option<ScheduleId> {
        match self {
            Self::Edit(id) => Some(id),
            _ => None,
        }
    }

    fn action(self) -> String {
        self.edited().map_or_else(|| "/schedules".into(), |id| format!("/schedules/{id}"))
    }

    fn way_back(self) -> String {
        match self {
            Self::New => "/schedules".into(),
            Self::Edit(id) | Self::Reschedule(id) => format!("/schedules/{id}"),
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::New => "Salvar agendamento",
            Self::Edit(_) => "Salvar alterações",
            Self::Reschedule(_) => "Reagendar",
        }
    }
}

#[derive(Template)]
#[template(path = "schedules/form.html")]
pub struct FormPage {
    purpose: Purpose,
    typed: ScheduleInput,
    people: Vec<Choice>,
    contacts: Vec<Choice>,
    found: ResultCounts,
    departments: Vec<Choice>,
    channel: ChannelField,
    attendant: AttendantField,
    warning: ContactWarning,
    preview: MessagePreview,
    errors: FieldErrors,
    slot: SlotView,
    stale: Option<web::StaleNotice>,
    /// Whether it could not be saved just now, although it is valid.
    is_unsaved: bool,
    /// What changed while the form was open.
    question: Option<QuestionNotice>,
    /// Why some values of the schedule that it replaces were left out.
    left_out: Vec<&'static str>,
    /// Why the chosen person no longer fits.
    unfit_person: Option<&'static str>,
    actions: Vec<ActionChoice>,
    earliest: String,
    zone_hint: String,
    files: Vec<UploadItem>,
}

impl FormPage {
    pub fn new(viewer: &Viewer, purpose: Purpose, mut typed: ScheduleInput, options: FormOptions) -> Self {
        if typed.zone.trim().is_empty() {
            typed.zone = viewer.zone.name().into();
        }
        let FormOptions { people, contacts, found, channel, departments, attendants, .. } = options;
        let FormOptions { warning, slot, suggestions, files, unfit_person, preview, .. } = options;
        let typed = typed.showing(&slot.due, viewer.zone);
        let department = typed.ids().department;
        let actions = Action::ALL.iter().map(|action| ActionChoice::new(*action, &typed.action)).collect();
        Self {
            purpose,
            attendant: AttendantField::new(department, attendants, &typed.attendant_id, &typed.action, None),
            warning: ContactWarning::new(viewer, warning, None),
            channel,
            preview,
            slot: SlotView::new(viewer, slot, &typed.when).suggesting(suggestions),
            typed,
            people,
            contacts,
            found,
            departments,
            errors: FieldErrors::default(),
            stale: None,
            is_unsaved: false,
            question: None,
            left_out: Vec::new(),
            unfit_person,
            actions,
            earliest: viewer.zone.input(Utc::now()),
            zone_hint: crate::settings::zone_hint(viewer.zone),
            files,
        }
    }

    /// The same form with errors.
    pub fn refused(mut self, viewer: &Viewer, errors: FieldErrors, slot: Slot) -> Self {
        self.channel.error = errors.of("channel_id").map(str::to_owned);
        self.attendant.error = errors.of("attendant_id").map(str::to_owned);
        let suggestions = std::mem::take(&mut self.slot.suggestions);
        self.slot = SlotView::new(viewer, slot, &self.typed.when).suggesting(suggestions);
        // The field itself says what is wrong.
        if errors.of("message").is_some() {
            self.preview = MessagePreview::default();
        }
        self.errors = errors;
        self
    }

    /// The same form, to be submitted again.
    pub fn unsaved(self) -> Self {
        Self { is_unsaved: true, ..self }
    }

    /// The same form with the reasons why some values were left out.
    pub fn leaving_out(self, left_out: Vec<&'static str>) -> Self {
        Self { left_out, ..self }
    }

    /// The same form with what changed while it was open. The form takes over the current time zone, so this
    /// is asked only once.
    pub fn asking(mut self, viewer: &Viewer, question: SaveQuestion) -> Self {
        self.question = Some(QuestionNotice::new(viewer, question, &self.typed, &self.warning));
        self.typed.zone = viewer.zone.name().into();
        self
    }

    /// The same form, with what happened to its schedule meanwhile above it.
    pub fn with_stale_notice(mut self, viewer: &Viewer, stale: &Stale, merged: &Merged) -> Self {
        let own = |part: &Part| (*part, self.in_words(*part));
        let own: Vec<_> = merged.both.iter().map(own).collect();
        self.stale = Some(stale_notice(viewer, stale, own, &merged.original));
        self
    }

    /// A part of the form in words.
    fn in_words(&self, part: Part) -> String {
        let name = |choices: &[Choice], id: &str| {
            choices.iter().find(|choice| choice.id.to_string() == id).map(|choice| choice.name.clone())
        };
        let typed = &self.typed;
        match part {
            Part::Contact => {
                let contact = name(&self.contacts, &typed.contact_id).unwrap_or_default();
                let contact = with_second(contact, name(&self.people, &typed.person_id));
                with_second(contact, self.channel.in_words())
            }
            Part::Attendance => {
                let department = name(&self.departments, &typed.department_id).unwrap_or_default();
                let attendant = name(&self.attendant.choices, &typed.attendant_id);
                with_second(department, Some(attendant.unwrap_or_else(|| QUEUE.into())))
            }
            Part::Action => typed.action().map_or_else(String::new, |action| action.label().into()),
            Part::Due => {
                let figures = || {
                    clock::parse_typed(&typed.due_at).map_or_else(|| typed.due_at.clone(), clock::date_time)
                };
                if typed.has_new_words() { typed.when.clone() } else { figures() }
            }
            Part::Message => typed.message.clone(),
            Part::Files => self.files.iter().map(UploadItem::name).collect::<Vec<_>>().join(", "),
            Part::Comment => typed.comment.clone(),
        }
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

/// What the user is asked before submitting the form again.
struct QuestionNotice {
    title: String,
    text: String,
    /// The instant that was meant, in the current time zone: value and label.
    slot: Option<(String, String)>,
}

impl QuestionNotice {
    fn new(viewer: &Viewer, question: SaveQuestion, typed: &ScheduleInput, warning: &ContactWarning) -> Self {
        let saved = "O agendamento já está salvo, e o chamado continua aberto.";
        let unsaved = "Nada foi salvo ainda, e o chamado continua aberto.";
        match question {
            SaveQuestion::Zone(former) => Self {
                title: "O fuso horário da empresa mudou enquanto este formulário estava aberto.".into(),
                text: format!(
                    "Nada foi salvo ainda. A data e a hora agora valem assim: {} Confira e salve de novo.",
                    crate::settings::zone_hint(viewer.zone)
                ),
                slot: same_instant(viewer.zone, former, typed),
            },
            SaveQuestion::Ticket { is_saved } => Self {
                title: warning.question(),
                text: format!(
                    "{} Leia abaixo, em “Para quem”, e use “Salvar e fechar chamado” de novo, se for o caso.",
                    if is_saved { saved } else { unsaved }
                ),
                slot: None,
            },
        }
    }
}

/// The typed time, converted from the zone `former` to `zone`.
fn same_instant(zone: Zone, former: Zone, typed: &ScheduleInput) -> Option<(String, String)> {
    let at = match (former.resolve(clock::parse_typed(&typed.due_at)?), typed.due_fold.parse()) {
        (Resolved::One(at), _) | (Resolved::Twice(at, _), Ok(Fold::First)) => at,
        (Resolved::Twice(_, at), Ok(Fold::Second)) => at,
        _ => return None,
    };
    Some(suggestion(zone, at))
}

struct ActionChoice {
    action: Action,
    icon: &'static str,
    text: &'static str,
    is_chosen: bool,
}

impl ActionChoice {
    fn new(action: Action, chosen: &str) -> Self {
        let (icon, text) = match action {
            Action::OpenTicket => {
                ("message-plus", "Envia a mensagem e abre o chamado na fila do departamento e do atendente.")
            }
            Action::OpenTicketAndNotify => ("message-bolt", "Abre o chamado e avisa o atendente."),
            Action::Notify => ("bell-ringing", "Só o atendente recebe um aviso. Nada é enviado ao contato."),
        };
        Self { action, icon, text, is_chosen: chosen == action.as_str() }
    }
}

//! The form, and the attendant field that depends on the chosen department.

use askama::Template;
use diesel::pg::PgConnection;
use serde_json::{Value, json};

use crate::contacts::display;
use crate::contacts::form::{ChosenIds, ContactInput, NAME_LIMIT};
use crate::contacts::queries::{self, Choice, ContactDetail, PossibleDuplicate};
use crate::contacts::save::snapshot;
use crate::error::Result;
use crate::ids::{ContactId, DepartmentId};
use crate::refusal::FieldErrors;
use crate::web::{RefusedForm, StaleNotice};

/// The options of the form's selects.
pub struct Options {
    channels: Vec<Choice>,
    people: Vec<Choice>,
    departments: Vec<Choice>,
    attendants: Vec<Choice>,
}

impl Options {
    pub fn load(conn: &mut PgConnection, chosen: ChosenIds) -> Result<Self> {
        Ok(Self {
            channels: queries::channels(conn, chosen.channel)?,
            people: queries::person_options(conn, None, chosen.person)?,
            departments: queries::departments(conn)?,
            attendants: match chosen.department {
                Some(department) => queries::attendants(conn, department)?,
                None => Vec::new(),
            },
        })
    }
}

#[derive(Template)]
#[template(path = "contacts/form.html")]
pub struct FormPage {
    contact: Option<ContactId>,
    typed: ContactInput,
    channels: Vec<Choice>,
    people: Vec<Choice>,
    departments: Vec<Choice>,
    attendant: AttendantField,
    errors: FieldErrors,
    stale: Option<StaleNotice>,
    duplicates: Vec<DuplicateRow>,
}

struct DuplicateRow {
    id: ContactId,
    name: String,
    sub: String,
}

impl FormPage {
    pub fn new(contact: Option<ContactId>, typed: ContactInput, options: Options) -> Self {
        let Options { channels, people, departments, attendants } = options;
        let (department, chosen) = (typed.ids().department, &typed.default_attendant_id);
        Self {
            contact,
            attendant: AttendantField::new(department, attendants, chosen, &FieldErrors::default()),
            typed,
            channels,
            people,
            departments,
            errors: FieldErrors::default(),
            stale: None,
            duplicates: Vec::new(),
        }
    }

    /// The form's fields filled with a saved contact.
    pub fn typed_of(detail: &ContactDetail) -> ContactInput {
        let text = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        ContactInput {
            name: detail.name.clone(),
            phone: display::phone(&detail.phone),
            email: detail.email.clone(),
            channel_id: detail.channel_id.to_string(),
            person_id: text(detail.person_id.map(|id| id.0)),
            default_department_id: text(detail.department_id.map(|id| id.0)),
            default_attendant_id: text(detail.attendant_id.map(|id| id.0)),
            accepted_duplicates: Vec::new(),
            version: snapshot(detail).version(),
        }
    }

    /// The same form with the reason why it was not saved, or with the contacts that look the same.
    pub fn refused(mut self, refused: RefusedForm, duplicates: Vec<PossibleDuplicate>) -> Self {
        let (errors, stale) = refused.shown(|field, value| self.name_of(field, value));
        self.stale = stale;
        self.attendant.error = errors.of("default_attendant_id").map(str::to_owned);
        self.errors = errors;
        self.duplicates = duplicates.into_iter().map(DuplicateRow::new).collect();
        self
    }

    /// The name of a choice that the form offers.
    fn name_of(&self, field: &str, value: &str) -> Option<String> {
        let choices = match field {
            "channel_id" => &self.channels,
            "person_id" => &self.people,
            "default_department_id" => &self.departments,
            "default_attendant_id" => &self.attendant.choices,
            _ => return None,
        };
        let chosen = choices.iter().find(|choice| choice.id.to_string() == value);
        Some(chosen.map(|choice| choice.name.clone()).unwrap_or_default())
    }

    pub fn title(&self) -> &'static str {
        if self.contact.is_some() { "Editar contato" } else { "Novo contato" }
    }

    fn action(&self) -> String {
        self.contact.map_or("/contacts".into(), |id| format!("/contacts/{id}"))
    }

    fn name_limit(&self) -> usize {
        NAME_LIMIT
    }

    fn accepted(&self) -> String {
        self.duplicates.iter().map(|duplicate| duplicate.id.to_string()).collect::<Vec<_>>().join(",")
    }
}

impl DuplicateRow {
    fn new(duplicate: PossibleDuplicate) -> Self {
        let mut parts = vec![display::phone(&duplicate.phone), duplicate.email];
        if duplicate.is_archived {
            parts.push("arquivado".into());
        }
        parts.retain(|part| !part.is_empty());
        Self { id: duplicate.id, name: duplicate.name, sub: parts.join(" · ") }
    }
}

/// The field "Atendente padrão", which appears once a department is chosen.
#[derive(Template)]
#[template(path = "contacts/_attendant.html")]
pub struct AttendantField {
    is_shown: bool,
    choices: Vec<Choice>,
    chosen: String,
    error: Option<String>,
}

impl AttendantField {
    pub fn new(
        department: Option<DepartmentId>,
        choices: Vec<Choice>,
        chosen: &str,
        errors: &FieldErrors,
    ) -> Self {
        let error = errors.of("default_attendant_id").map(str::to_owned);
        Self { is_shown: department.is_some(), choices, chosen: chosen.to_owned(), error }
    }
}

/// Options for a searchable select, as JSON.
pub fn as_json(choices: &[Choice]) -> Vec<Value> {
    choices
        .iter()
        .map(|choice| json!({ "value": choice.id, "text": choice.name, "sub": display::phone_in_first_part(&choice.sub) }))
        .collect()
}

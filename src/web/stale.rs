//! Two users edit the same record: the second one sees what the first one changed (409), keeps their own input, and
//! overwrites the change with one more press.
//!
//! Most forms hold the version of their record (`refusal/stale.rs`). A form that holds the shown values themselves can compare more closely ([`Difference`]): it takes over what only
//! the other user changed, and asks about what both changed.

use actix_web::http::StatusCode;
use askama::Template;

use crate::clock::Zone;
use crate::refusal::{FieldErrors, LastChange, Refusal, SavedField, StaleEdit};

/// How a field stands after another user has saved the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The form has the saved value.
    None,
    /// Only the user of the form changed the field.
    Own,
    /// Only the other user changed the field: the form takes over the saved value.
    Other,
    /// Both changed the field, to different values: the user chooses.
    Both,
}

impl Difference {
    /// `opened` is the value with which the form was opened, if it is known.
    pub fn of<T: PartialEq>(opened: Option<&T>, own: &T, saved: &T) -> Self {
        match opened {
            _ if own == saved => Self::None,
            Some(opened) if opened == saved => Self::Own,
            Some(opened) if opened == own => Self::Other,
            _ => Self::Both,
        }
    }
}

/// The notice above a form whose record has changed while the form was open.
#[derive(Clone, Debug, Template)]
#[template(path = "web/_stale.html")]
pub struct Stale {
    /// The version with which the form can overwrite the change, if the form is compared by version.
    version: String,
    title: &'static str,
    /// Who made the changes, and when.
    sentences: Vec<String>,
    tables: Vec<ChangedFields>,
    /// What the user can do, and a link to another way.
    advice: &'static str,
    link: String,
    link_text: &'static str,
}

/// A table of changed fields.
#[derive(Clone, Debug)]
pub struct ChangedFields {
    /// Names the table in the page: `data-both`.
    name: &'static str,
    intro: &'static str,
    caption: &'static str,
    before_head: Option<&'static str>,
    after_head: &'static str,
    lines: Vec<ChangedField>,
}

#[derive(Clone, Debug)]
pub struct ChangedField {
    pub label: String,
    /// The value before; in `ChangedFields::both`, what the user of the form typed.
    pub before: Option<String>,
    pub after: String,
    /// Who saved the value, and when.
    pub by: String,
    /// The button that puts the saved value into the form.
    pub choice: Option<Choice>,
}

/// A submit button of the form with the id `form`: sends `take` with this value.
#[derive(Clone, Debug)]
pub struct Choice {
    pub form: &'static str,
    pub value: &'static str,
    pub text: String,
}

impl ChangedFields {
    /// Fields that both users changed.
    pub fn both(lines: Vec<ChangedField>) -> Self {
        Self {
            name: "both",
            intro: "Você e outra pessoa mudaram o mesmo. O formulário está com o que você preencheu.",
            caption: "O que as duas pessoas mudaram",
            before_head: Some("Você preencheu"),
            after_head: "Foi salvo",
            lines,
        }
    }

    /// Fields that only the other user changed, and that the form has taken over.
    pub fn taken(lines: Vec<ChangedField>) -> Self {
        Self {
            name: "taken",
            intro: "O formulário já está com o que foi salvo nos campos abaixo.",
            caption: "O que a outra pessoa mudou",
            before_head: Some("Antes"),
            after_head: "Foi salvo",
            lines,
        }
    }

    /// Fields that have changed, in a form that keeps all its own values.
    fn changed(lines: Vec<ChangedField>) -> Self {
        Self {
            name: "changed",
            intro: "",
            caption: "O que mudou",
            before_head: None,
            after_head: "Agora está",
            lines,
        }
    }
}

impl Stale {
    pub fn new(title: &'static str, sentences: Vec<String>) -> Self {
        Self {
            version: String::new(),
            title,
            sentences,
            tables: Vec::new(),
            advice: "",
            link: String::new(),
            link_text: "",
        }
    }

    /// Adds a table, unless it is empty.
    pub fn with(mut self, table: ChangedFields) -> Self {
        self.tables.extend((!table.lines.is_empty()).then_some(table));
        self
    }

    /// Sets the last paragraph, which ends in a link.
    pub fn advising(self, advice: &'static str, link: String, link_text: &'static str) -> Self {
        Self { advice, link, link_text, ..self }
    }

    /// The notice above the form at `form`, a path.
    fn of(edit: &StaleEdit, form: String, zone: Zone) -> Self {
        let line = |field: &SavedField| ChangedField {
            label: field.label.clone(),
            before: None,
            after: field.value.clone(),
            by: String::new(),
            choice: None,
        };
        let author = |change: &LastChange| {
            let who = change.actor.as_deref().unwrap_or("a plataforma");
            format!("A última mudança foi feita por {who}, {}.", zone.date_time(change.at))
        };
        let title = "Outra mudança foi salva enquanto você editava. Confira e salve de novo.";
        let advice =
            "O que você preencheu continua abaixo e, se você salvar de novo, é o que vale. Se preferir,";
        let stale = Self::new(title, edit.last.iter().map(author).collect())
            .with(ChangedFields::changed(edit.changed.iter().map(line).collect()))
            .advising(advice, form, "comece pela versão atual");
        Self { version: edit.version.clone(), ..stale }
    }
}

/// What a form shows that was not saved.
#[derive(Clone, Debug)]
pub enum RefusedForm {
    /// The form has errors (422).
    Invalid(FieldErrors),
    /// The record has changed since the form was opened (409).
    Stale(Box<Stale>),
}

impl RefusedForm {
    /// `form` is the path of the form.
    pub fn of(refusal: Refusal, form: String, zone: Zone) -> Self {
        match refusal {
            Refusal::Invalid(errors) => Self::Invalid(errors),
            Refusal::Stale(edit) => Self::Stale(Box::new(Stale::of(&edit, form, zone))),
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Stale(_) => StatusCode::CONFLICT,
        }
    }

    /// What the form shows above its fields, and its new version.
    pub fn shown(self, version: String) -> (FieldErrors, Option<Stale>, String) {
        match self {
            Self::Invalid(errors) => (errors, None, version),
            Self::Stale(stale) => {
                let version = stale.version.clone();
                (FieldErrors::default(), Some(*stale), version)
            }
        }
    }
}

impl From<FieldErrors> for RefusedForm {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_asked_about_only_if_both_users_changed_it_differently() {
        let of = |opened, own, saved| Difference::of(Some(&opened), &own, &saved);
        assert_eq!(of("a", "a", "a"), Difference::None);
        assert_eq!(of("a", "b", "b"), Difference::None);
        assert_eq!(of("a", "b", "a"), Difference::Own);
        assert_eq!(of("a", "a", "b"), Difference::Other);
        assert_eq!(of("a", "b", "c"), Difference::Both);
        assert_eq!(Difference::of(None, &"a", &"b"), Difference::Both);
    }
}

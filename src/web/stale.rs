//! Two users edit the same record: the second one sees what the first one changed (409), keeps their own input, and
//! overwrites the change with one more press.
//!
//! Most forms hold the version of their record: a hash of each field as it was shown. A field with another hash has
//! changed since, by any page or import. A change that was undone does not count.
//!
//! A form that holds the shown values themselves can compare more closely ([`Difference`]): it takes over what only
//! the other user changed, and asks about what both changed.

use askama::Template;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::FieldErrors;
use crate::clock::Zone;

/// The text for an empty field.
pub const BLANK: &str = "Em branco";

/// The fields of a record as its form shows them.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    label: String,
    hash: String,
    shown: String,
}

impl Snapshot {
    /// Adds a field whose value is its text on the page.
    pub fn text(self, label: &str, value: &str) -> Self {
        self.choice(label, value, value)
    }

    /// Adds a field whose value, such as an id, differs from its text on the page.
    pub fn choice(mut self, label: &str, value: impl ToString, shown: &str) -> Self {
        let digest = Sha256::digest(value.to_string().as_bytes());
        let shown = if shown.is_empty() { BLANK } else { shown };
        self.0.push(Field {
            label: label.to_owned(),
            hash: hex::encode(&digest[..8]),
            shown: shown.to_owned(),
        });
        self
    }

    /// The version for the form.
    pub fn version(&self) -> String {
        self.0.iter().map(|field| field.hash.as_str()).collect::<Vec<_>>().join("-")
    }

    /// The fields that differ from `version`. All of them if it is invalid.
    fn since<'a>(&'a self, version: &'a str) -> impl Iterator<Item = &'a Field> {
        let seen: Vec<&str> = version.split('-').collect();
        let is_whole = seen.len() == self.0.len();
        let is_new = move |at: usize, field: &Field| !is_whole || seen[at] != field.hash;
        self.0.iter().enumerate().filter(move |(at, field)| is_new(*at, field)).map(|(_, field)| field)
    }
}

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

/// When a record was last changed, and by whom; `None` is the platform itself.
pub struct LastChange {
    pub at: DateTime<Utc>,
    pub actor: Option<String>,
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

    /// `None` if the record still has this version. `form` is the path of its form.
    pub fn since(version: &str, now: &Snapshot, form: String) -> Option<Self> {
        let line = |field: &Field| ChangedField {
            label: field.label.clone(),
            before: None,
            after: field.shown.clone(),
            by: String::new(),
            choice: None,
        };
        let lines: Vec<_> = now.since(version).map(line).collect();
        if lines.is_empty() {
            return None;
        }
        let title = "Outra mudança foi salva enquanto você editava. Confira e salve de novo.";
        let advice =
            "O que você preencheu continua abaixo e, se você salvar de novo, é o que vale. Se preferir,";
        let stale = Self::new(title, Vec::new()).with(ChangedFields::changed(lines));
        Some(Self { version: now.version(), ..stale.advising(advice, form, "comece pela versão atual") })
    }

    /// Makes the refusal, which names the author of the last change.
    pub fn by(mut self, last: Option<impl Into<LastChange>>, zone: Zone) -> Refusal {
        self.sentences.extend(last.map(|change| {
            let LastChange { at, actor } = change.into();
            let who = actor.unwrap_or_else(|| "a plataforma".into());
            format!("A última mudança foi feita por {who}, {}.", zone.date_time(at))
        }));
        Refusal::Stale(Box::new(self))
    }
}

/// Why a form was not saved.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The form has errors (422).
    Invalid(FieldErrors),
    /// The record has changed since the form was opened (409).
    Stale(Box<Stale>),
}

impl Refusal {
    pub fn status(&self) -> actix_web::http::StatusCode {
        match self {
            Self::Invalid(_) => actix_web::http::StatusCode::UNPROCESSABLE_ENTITY,
            Self::Stale(_) => actix_web::http::StatusCode::CONFLICT,
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

impl From<FieldErrors> for Refusal {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, text: &str) -> Snapshot {
        Snapshot::default().text("Nome", name).text("Descrição", text)
    }

    #[test]
    fn only_changed_fields_are_shown() {
        let seen = role("Gestor", "").version();
        assert!(Stale::since(&seen, &role("Gestor", ""), String::new()).is_none());
        let now = role("Gestor", "Cuida de tudo");
        let stale = Stale::since(&seen, &now, String::new()).unwrap();
        let lines = stale.tables[0].lines.iter();
        let shown: Vec<_> = lines.map(|line| (line.label.as_str(), line.after.as_str())).collect();
        assert_eq!(shown, [("Descrição", "Cuida de tudo")]);
        assert!(Stale::since(&stale.version, &now, String::new()).is_none());
    }

    #[test]
    fn a_form_without_a_version_has_seen_nothing() {
        let stale = Stale::since("", &role("Gestor", ""), String::new()).unwrap();
        let shown: Vec<_> = stale.tables[0].lines.iter().map(|line| line.after.as_str()).collect();
        assert_eq!(shown, ["Gestor", "Em branco"]);
    }

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

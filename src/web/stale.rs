//! Detects that two users edit the same record, and shows the second one what the first one changed.
//!
//! The form of a record holds its version: a hash of each field as it was shown. If the record has another
//! version when the form is saved, the form comes back (409) with the current values and all that the user
//! typed. From there, saving overwrites the other change.
//!
//! Hashes of the values detect every change, from any page or import, and which fields it touched. A change
//! that was undone does not count.

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

/// What another user changed while the form was open.
#[derive(Clone, Debug, Template)]
#[template(path = "web/_stale.html")]
pub struct Stale {
    /// The version with which the form can overwrite the change.
    version: String,
    /// Who made the last change, and when.
    last: Option<String>,
    lines: Vec<Line>,
    /// The path of the form with the current values.
    form: String,
}

/// When a record was last changed, and by whom; `None` is the platform itself.
pub struct LastChange {
    pub at: DateTime<Utc>,
    pub actor: Option<String>,
}

#[derive(Clone, Debug)]
struct Line {
    label: String,
    now: String,
}

impl Stale {
    /// `None` if the record still has this version. `form` is the path of its form.
    pub fn since(version: &str, now: &Snapshot, form: String) -> Option<Self> {
        let line = |field: &Field| Line { label: field.label.clone(), now: field.shown.clone() };
        let lines: Vec<Line> = now.since(version).map(line).collect();
        (!lines.is_empty()).then(|| Self { version: now.version(), last: None, lines, form })
    }

    /// Makes the refusal, which names the author of the last change.
    pub fn by(mut self, last: Option<impl Into<LastChange>>, zone: Zone) -> Refusal {
        self.last = last.map(|change| {
            let LastChange { at, actor } = change.into();
            let who = actor.unwrap_or_else(|| "a plataforma".into());
            format!("A última mudança foi feita por {who}, {}.", zone.date_time(at))
        });
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
        let told: Vec<_> = stale.lines.iter().map(|line| (line.label.as_str(), line.now.as_str())).collect();
        assert_eq!(told, [("Descrição", "Cuida de tudo")]);
        assert!(Stale::since(&stale.version, &now, String::new()).is_none());
    }

    #[test]
    fn a_form_without_a_version_has_seen_nothing() {
        let stale = Stale::since("", &role("Gestor", ""), String::new()).unwrap();
        let told: Vec<_> = stale.lines.iter().map(|line| line.now.as_str()).collect();
        assert_eq!(told, ["Gestor", "Em branco"]);
    }
}

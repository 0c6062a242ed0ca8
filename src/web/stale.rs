//! Two people at one form: whoever saves second is shown what the first one changed.
//!
//! A form of a record carries its version: a hash of each field as it was shown. Who saves over another
//! version gets the form back (409) with what the fields hold now and with all that was typed; to save
//! from there is to know about it. Hashes of the contents see every change, by whichever page or import,
//! and tell which fields it touched; a change that was taken back is none.

use askama::Template;
use sha2::{Digest, Sha256};

use super::FieldErrors;
use crate::audit::Change;
use crate::clock::Zone;

/// What stands for a field that holds nothing.
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
    /// Adds a field that shows what it holds.
    pub fn text(self, label: &str, value: &str) -> Self {
        self.choice(label, value, value)
    }

    /// Adds a field that holds `value`, an id say, and shows something else.
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

    /// What the form sends back as `version`.
    pub fn version(&self) -> String {
        self.0.iter().map(|field| field.hash.as_str()).collect::<Vec<_>>().join("-")
    }

    /// The fields that are not as in that version; of a version that is none, all.
    fn since<'a>(&'a self, version: &'a str) -> impl Iterator<Item = &'a Field> {
        let seen: Vec<&str> = version.split('-').collect();
        let is_whole = seen.len() == self.0.len();
        let is_new = move |at: usize, field: &Field| !is_whole || seen[at] != field.hash;
        self.0.iter().enumerate().filter(move |(at, field)| is_new(*at, field)).map(|(_, field)| field)
    }
}

/// What somebody else changed while a form was open.
#[derive(Clone, Debug, Template)]
#[template(path = "web/_stale.html")]
pub struct Stale {
    /// The version that the form must name to be saved over it.
    version: String,
    /// Who changed the record last, and when.
    last: Option<String>,
    lines: Vec<Line>,
    /// The address of the form as it is now.
    form: String,
}

#[derive(Clone, Debug)]
struct Line {
    label: String,
    now: String,
}

impl Stale {
    /// `None` if the record is still as in `version`. `form` is the address of its form.
    pub fn since(version: &str, now: &Snapshot, form: String) -> Option<Self> {
        let line = |field: &Field| Line { label: field.label.clone(), now: field.shown.clone() };
        let lines: Vec<Line> = now.since(version).map(line).collect();
        (!lines.is_empty()).then(|| Self { version: now.version(), last: None, lines, form })
    }

    /// The refusal that tells whose change was the last.
    pub fn by(mut self, last: Option<Change>, zone: Zone) -> Refusal {
        self.last = last.map(|Change { at, actor, .. }| {
            let who = actor.unwrap_or_else(|| "a plataforma".into());
            format!("A última mudança foi feita por {who}, {}.", zone.date_time(at))
        });
        Refusal::Stale(Box::new(self))
    }
}

/// Why a form was not saved.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// Something is wrong in it (422).
    Invalid(FieldErrors),
    /// The record is not what the form was filled from (409).
    Stale(Box<Stale>),
}

impl Refusal {
    pub fn status(&self) -> actix_web::http::StatusCode {
        match self {
            Self::Invalid(_) => actix_web::http::StatusCode::UNPROCESSABLE_ENTITY,
            Self::Stale(_) => actix_web::http::StatusCode::CONFLICT,
        }
    }

    /// What the form shows above its fields, and the version that it carries from now on.
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
    fn only_what_is_not_as_it_was_shown_is_told() {
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

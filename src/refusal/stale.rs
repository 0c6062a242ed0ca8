//! Whether a record has changed since its form was opened.
//!
//! The form holds the version of its record: a hash of each field as it was shown. A field with another hash has
//! changed since, by any page or import. A change that was undone does not count.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The text for an empty field.
pub const BLANK: &str = "Em branco";

/// The fields of a record as its form shows them.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    hash: String,
    saved: SavedField,
}

impl Snapshot {
    /// Adds a field whose value is its text on the page.
    pub fn text(self, label: &str, value: &str) -> Self {
        self.choice(label, value, value)
    }

    /// Adds a field whose value, such as an id, differs from its text on the page.
    pub fn choice(mut self, label: &str, value: impl ToString, shown: &str) -> Self {
        let digest = Sha256::digest(value.to_string().as_bytes());
        let value = if shown.is_empty() { BLANK } else { shown };
        let saved = SavedField { label: label.to_owned(), value: value.to_owned() };
        self.0.push(Field { hash: hex::encode(&digest[..8]), saved });
        self
    }

    /// The version for the form.
    pub fn version(&self) -> String {
        self.0.iter().map(|field| field.hash.as_str()).collect::<Vec<_>>().join("-")
    }

    /// Whether the record has changed since the form with this version was opened.
    pub fn has_changed_since(&self, version: &str) -> bool {
        self.since(version).next().is_some()
    }

    /// The fields that differ from `version`. All of them if it is invalid.
    fn since<'a>(&'a self, version: &'a str) -> impl Iterator<Item = &'a Field> {
        let seen: Vec<&str> = version.split('-').collect();
        let is_whole = seen.len() == self.0.len();
        let is_new = move |at: usize, field: &Field| !is_whole || seen[at] != field.hash;
        self.0.iter().enumerate().filter(move |(at, field)| is_new(*at, field)).map(|(_, field)| field)
    }
}

/// A field in the words of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedField {
    pub label: String,
    pub value: String,
}

/// A record has changed since its form was opened.
#[derive(Clone, Debug)]
pub struct StaleEdit {
    /// The version with which the form can overwrite the change.
    pub version: String,
    /// The fields that have changed, as they are now.
    pub changed: Vec<SavedField>,
    pub last: Option<LastChange>,
}

/// When a record was last changed, and by whom; `None` is the platform itself.
#[derive(Clone, Debug)]
pub struct LastChange {
    pub at: DateTime<Utc>,
    pub actor: Option<String>,
}

impl StaleEdit {
    /// What has changed in a record, now `now`, since the version `seen`.
    pub fn new(seen: &str, now: &Snapshot, last: Option<impl Into<LastChange>>) -> Self {
        let changed = now.since(seen).map(|field| field.saved.clone()).collect();
        Self { version: now.version(), changed, last: last.map(Into::into) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, text: &str) -> Snapshot {
        Snapshot::default().text("Nome", name).text("Descrição", text)
    }

    fn changed(seen: &str, now: &Snapshot) -> Vec<(String, String)> {
        let edit = StaleEdit::new(seen, now, None::<LastChange>);
        edit.changed.into_iter().map(|field| (field.label, field.value)).collect()
    }

    #[test]
    fn only_changed_fields_are_reported() {
        let seen = role("Gestor", "").version();
        assert!(!role("Gestor", "").has_changed_since(&seen));
        let now = role("Gestor", "Cuida de tudo");
        assert!(now.has_changed_since(&seen));
        assert_eq!(changed(&seen, &now), [("Descrição".into(), "Cuida de tudo".into())]);
        assert!(!now.has_changed_since(&now.version()));
    }

    #[test]
    fn a_form_without_a_version_has_seen_nothing() {
        let values: Vec<_> = changed("", &role("Gestor", "")).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["Gestor", "Em branco"]);
    }
}

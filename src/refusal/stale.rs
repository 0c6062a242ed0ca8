//! Whether a record has changed since its form was opened.
//!
//! The form holds the version of its record: a hash of each part as it was shown. A part with another hash has
//! changed since, by any page or import. A change that was undone does not count.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The text for an empty field.
pub const BLANK: &str = "Em branco";

/// The parts of a record as its form shows them.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(Vec<Part>);

/// Names and values as a form sends them.
pub type Values = Vec<(&'static str, String)>;

/// One or more fields of a form that are merged as a whole.
#[derive(Clone, Debug)]
pub struct Part {
    pub label: String,
    /// The names of the fields in the form.
    pub names: Vec<&'static str>,
    /// The names and values that a form sends for what is saved.
    pub values: Values,
    pub kind: PartKind,
    /// The saved value in the words of the form.
    pub shown: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Fields that a form always sends, even when they are empty.
    Texts,
    /// Checkboxes with the same name, of which a form sends those that are on.
    Checkboxes,
    /// One of them, with this value.
    Checkbox(&'static str),
}

impl Snapshot {
    /// Adds a field whose value is its text on the page.
    pub fn text(self, name: &'static str, label: &str, value: &str) -> Self {
        self.choice(name, label, value, value)
    }

    /// Adds a field whose value, such as an id, differs from its text on the page.
    pub fn choice(self, name: &'static str, label: &str, value: impl ToString, shown: &str) -> Self {
        self.group([(name, value.to_string())], label, shown)
    }

    /// Adds fields that depend on each other, such as an attendant and the department.
    pub fn group<const N: usize>(
        self,
        values: [(&'static str, String); N],
        label: &str,
        shown: &str,
    ) -> Self {
        let names = values.iter().map(|(name, _)| *name).collect();
        self.part(label, names, values.into(), (PartKind::Texts, shown))
    }

    /// Adds all checkboxes with this name; `on` are the values of those that are on.
    pub fn checkboxes(self, name: &'static str, label: &str, on: Vec<String>, shown: &str) -> Self {
        let values = on.into_iter().map(|value| (name, value)).collect();
        self.part(label, vec![name], values, (PartKind::Checkboxes, shown))
    }

    /// Adds the checkbox that has this value.
    pub fn checkbox(self, name: &'static str, value: &'static str, label: &str, is_on: bool) -> Self {
        let values = is_on.then(|| (name, value.to_owned())).into_iter().collect();
        self.part(label, vec![name], values, (PartKind::Checkbox(value), on_or_off(is_on)))
    }

    fn part(
        mut self,
        label: &str,
        names: Vec<&'static str>,
        values: Values,
        (kind, shown): (PartKind, &str),
    ) -> Self {
        self.0.push(Part { label: label.to_owned(), names, values, kind, shown: or_blank(shown) });
        self
    }

    /// The version for the form.
    pub fn version(&self) -> String {
        self.0.iter().map(|part| hash_of(&part.values)).collect::<Vec<_>>().join("-")
    }

    /// Each part with the hash of its value in `version`, which is unknown if that is invalid.
    pub fn with_opened<'a>(&'a self, version: &'a str) -> impl Iterator<Item = (&'a Part, Option<String>)> {
        let opened: Vec<&str> = version.split('-').collect();
        let is_whole = opened.len() == self.0.len();
        let opened = move |at: usize| is_whole.then(|| opened[at].to_owned());
        self.0.iter().enumerate().map(move |(at, part)| (part, opened(at)))
    }

    /// Whether the record has changed since the form with this version was opened.
    pub fn has_changed_since(&self, version: &str) -> bool {
        self.with_opened(version).any(|(part, opened)| opened != Some(hash_of(&part.values)))
    }
}

/// The state of a checkbox.
pub fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "habilitado" } else { "desabilitado" }
}

/// An empty text becomes [`BLANK`].
pub fn or_blank(text: &str) -> String {
    if text.trim().is_empty() { BLANK.to_owned() } else { text.to_owned() }
}

/// The hash of a part's values. The order of checkboxes does not count.
pub fn hash_of(values: &Values) -> String {
    let mut values: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    values.sort();
    hex::encode(&Sha256::digest(values.join("\n").as_bytes())[..8])
}

/// A record has changed since its form was opened.
#[derive(Clone, Debug)]
pub struct StaleEdit {
    /// The record as it is saved.
    pub now: Snapshot,
    /// The version that the form had seen.
    pub seen: String,
    pub last: Option<LastChange>,
}

/// When a record was last changed, and by whom; `None` is the platform itself.
#[derive(Clone, Debug)]
pub struct LastChange {
    pub at: DateTime<Utc>,
    pub actor: Option<String>,
}

impl StaleEdit {
    /// A record, now `now`, has changed since the version `seen`.
    pub fn new(seen: &str, now: &Snapshot, last: Option<impl Into<LastChange>>) -> Self {
        Self { now: now.clone(), seen: seen.to_owned(), last: last.map(Into::into) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, text: &str) -> Snapshot {
        Snapshot::default().text("name", "Nome", name).text("description", "Descrição", text)
    }

    #[test]
    fn a_changed_part_makes_another_version() {
        let seen = role("Gestor", "").version();
        assert!(!role("Gestor", "").has_changed_since(&seen));
        assert!(role("Gestor", "Cuida de tudo").has_changed_since(&seen));
        assert!(role("Gestor", "").has_changed_since(""));
    }
}

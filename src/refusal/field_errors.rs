//! Which fields are wrong, and why.

use std::collections::BTreeSet;

/// The errors of the fields, in the order of the page. A field's name is also its HTML `name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

/// An error at a field, and its line in the summary above the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    pub field: &'static str,
    pub message: String,
    pub summary: String,
}

impl FieldErrors {
    /// Adds an error with the same text at the field and in the summary.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        let message = message.into();
        self.0.push(FieldError { field, summary: message.clone(), message });
    }

    /// Adds an error with another text in the summary.
    pub fn add_with_summary(&mut self, field: &'static str, message: &str, summary: &str) {
        self.0.push(FieldError { field, message: message.into(), summary: summary.into() });
    }

    /// The error of a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// Sorts the errors by the order of the page. Fields that are not in `page` come last.
    pub fn sort(&mut self, page: &[&str]) {
        self.0.sort_by_key(|error| page.iter().position(|name| *name == error.field).unwrap_or(page.len()));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// The title of the summary.
    pub fn title(&self) -> String {
        let fields: BTreeSet<_> = self.0.iter().map(|error| error.field).collect();
        match fields.len() {
            1 => "Não foi possível salvar. Corrija 1 campo:".into(),
            n => format!("Não foi possível salvar. Corrija {n} campos:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_each_field_once_and_follows_the_page() {
        let mut errors = FieldErrors::default();
        errors.add("time", "Informe a hora.");
        errors.add("day", "Informe o dia.");
        errors.add("time", "Use o formato 14:30.");
        errors.sort(&["day", "time"]);
        assert_eq!(errors.title(), "Não foi possível salvar. Corrija 2 campos:");
        assert_eq!(errors.iter().next().unwrap().field, "day");
        assert_eq!(errors.of("time"), Some("Informe a hora."));
    }
}

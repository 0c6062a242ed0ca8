//! Cleans up query strings: empty parameters, and filters that do not exist.

use actix_web::{HttpRequest, HttpResponse};

use super::shell::{Shell, redirect};

/// A kind of filter, with its label on the page.
#[derive(Clone, Copy, Debug)]
pub enum FilterKind {
    /// A choice from a list of values.
    Choice(&'static str),
    Date(&'static str),
}

impl FilterKind {
    fn unknown(self) -> String {
        match self {
            Self::Choice(label) => format!("O valor escolhido no filtro “{label}” não existe."),
            Self::Date(label) => format!("A data do filtro “{label}” não existe."),
        }
    }
}

/// What a list tells the user about filters in the query string that it could not apply.
#[derive(Clone, Debug, Default)]
pub struct FilterRemarks {
    sentences: Vec<String>,
    /// Whether a filter could not be applied, so that the page offers to remove it.
    is_lost: bool,
    /// The path with only the valid filters.
    pub without: String,
}

impl FilterRemarks {
    /// Each entry of `read` is a filter, its value, and whether the value is valid.
    pub fn of(read: &[(FilterKind, &str, bool)]) -> Self {
        let lost = read.iter().filter(|(_, typed, is_known)| !typed.trim().is_empty() && !is_known);
        let sentences: Vec<String> = lost.map(|(filter, ..)| filter.unknown()).collect();
        Self { is_lost: !sentences.is_empty(), sentences, without: String::new() }
    }

    /// Adds a remark if the dates were in the wrong order.
    pub fn swapped(mut self, is_swapped: bool) -> Self {
        if is_swapped {
            let text = "A data inicial era depois da final: as duas foram trocadas.";
            self.sentences.push(text.to_owned());
        }
        self
    }

    /// Sets the path with only the valid filters.
    pub fn without(self, without: String) -> Self {
        Self { without, ..self }
    }

    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    pub fn sentences(&self) -> &[String] {
        &self.sentences
    }
}

/// Redirects to the same path without empty parameters: without JavaScript, forms send empty fields too.
/// Answers to htmx set the path themselves (see `with_push_url`).
pub fn redirect_without_empty(request: &HttpRequest, shell: &Shell) -> Option<HttpResponse> {
    let query = without_empty(request.query_string()).filter(|_| !shell.is_htmx)?;
    let path = request.path();
    Some(redirect(&if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }))
}

/// The query string without empty parameters. `None` if it has none.
fn without_empty(query: &str) -> Option<String> {
    let says = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    let all: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let kept: Vec<&str> = all.iter().copied().filter(says).collect();
    (kept.len() < all.len()).then(|| kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parameters_are_left_out() {
        assert_eq!(without_empty("q=&department_id=&status=failed"), Some("status=failed".into()));
        assert_eq!(without_empty("q="), Some(String::new()));
        assert_eq!(without_empty("q=a+b&from=2026-12-01"), None);
        assert_eq!(without_empty(""), None);
    }

    #[test]
    fn an_invalid_filter_is_named() {
        let read = [
            (FilterKind::Choice("Atendente"), "9", true),
            (FilterKind::Choice("Cargo"), "", false),
            (FilterKind::Choice("Departamento"), "99", false),
            (FilterKind::Date("Início"), "x", false),
        ];
        let remarks = FilterRemarks::of(&read);
        let expected = [
            "O valor escolhido no filtro “Departamento” não existe.",
            "A data do filtro “Início” não existe.",
        ];
        assert_eq!(remarks.sentences(), expected);
    }
}

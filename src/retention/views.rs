//! Finished data for the page of the retention settings.

use askama::Template;

use super::form::Typed;
use crate::web::{FieldErrors, Refusal, Stale};

#[derive(Template)]
#[template(path = "retention/edit.html")]
pub struct FormPage {
    typed: Typed,
    errors: FieldErrors,
    stale: Option<Stale>,
}

impl FormPage {
    pub fn new(typed: Typed) -> Self {
        Self { typed, errors: FieldErrors::default(), stale: None }
    }

    pub fn refused(mut self, refusal: Refusal) -> Self {
        (self.errors, self.stale, self.typed.version) = refusal.shown(self.typed.version);
        self
    }
}

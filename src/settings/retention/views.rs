//! Finished data for the page of the retention settings.

use askama::Template;

use super::form::RetentionInput;
use crate::refusal::FieldErrors;
use crate::web::{RefusedForm, Stale};

#[derive(Template)]
#[template(path = "settings/retention/edit.html")]
pub struct Edit {
    input: RetentionInput,
    errors: FieldErrors,
    stale: Option<Stale>,
}

impl Edit {
    pub fn new(input: RetentionInput) -> Self {
        Self { input, errors: FieldErrors::default(), stale: None }
    }

    pub fn refused(mut self, refused: RefusedForm) -> Self {
        (self.errors, self.stale, self.input.version) = refused.shown(self.input.version);
        self
    }
}

//! Finished data for the page of the retention settings.

use askama::Template;

use super::form::{Retention, RetentionInput};
use crate::refusal::FieldErrors;
use crate::web::{RefusedForm, StaleNotice};

#[derive(Template)]
#[template(path = "settings/retention/edit.html")]
pub struct Edit {
    input: RetentionInput,
    errors: FieldErrors,
    stale: Option<StaleNotice>,
}

impl Edit {
    pub fn new(input: RetentionInput) -> Self {
        Self { input, errors: FieldErrors::default(), stale: None }
    }

    pub fn refused(refused: RefusedForm) -> Self {
        let input = RetentionInput::read(&refused.form);
        let (errors, stale) = refused.shown(Retention::shown);
        Self { input, errors, stale }
    }
}

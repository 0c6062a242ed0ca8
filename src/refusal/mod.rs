//! Why a change was not made, in terms that any caller of a use case can answer: a page with a form, or another
//! program.

mod field_errors;
mod merge;
mod stale;

pub use field_errors::{FieldError, FieldErrors};
pub use merge::{Merge, Versions};
pub use stale::{
    BLANK, LastChange, Part, PartKind, Snapshot, StaleEdit, Values, hash_of, on_or_off, or_blank,
};

/// Why a record was not saved.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// Some fields are wrong.
    Invalid(FieldErrors),
    /// The record has changed since the form was opened.
    Stale(StaleEdit),
}

impl From<FieldErrors> for Refusal {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<StaleEdit> for Refusal {
    fn from(edit: StaleEdit) -> Self {
        Self::Stale(edit)
    }
}

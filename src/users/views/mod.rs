//! Views of users.

mod access;
mod deactivation;
mod form;
mod index;
mod reactivation;
mod sessions;

pub use access::{ChoosePassword, InvalidLink, NewLink};
pub use deactivation::Deactivation;
pub use form::FormPage;
pub use index::{Index, Listed};
pub use reactivation::Reactivation;
pub use sessions::SessionList;

use super::queries::Standing;

impl Standing {
    pub fn label(self) -> &'static str {
        match self {
            Self::Active => "Ativo",
            Self::Invited => "Convidado",
            Self::Inactive => "Inativo",
        }
    }

    /// The badge's CSS class.
    pub fn style(self) -> &'static str {
        match self {
            Self::Active => "st-done",
            Self::Invited => "st-scheduled",
            Self::Inactive => "st-cancelled",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Active => "circle-check",
            Self::Invited => "clock",
            Self::Inactive => "circle-minus",
        }
    }
}

//! Finished data for the profile's template.

use askama::Template;
use uuid::Uuid;

use super::check_password::PasswordRefusal;
use super::form::ProfileInput;
use crate::auth::Viewer;
use crate::refusal::FieldErrors;
use crate::theme::Theme;
use crate::users::{Name, OpenSession, SessionList};

impl PasswordRefusal {
    pub fn sentence(self) -> String {
        match self {
            Self::Missing => "Digite a senha atual.".into(),
            Self::Wrong => "A senha atual não confere.".into(),
            Self::TooMany { seconds } => {
                let minutes = (seconds + 59) / 60;
                let unit = if minutes == 1 { "minuto" } else { "minutos" };
                format!("Muitas tentativas. Aguarde {minutes} {unit}.")
            }
        }
    }
}

#[derive(Template)]
#[template(path = "profile/edit.html")]
pub struct Edit {
    email: String,
    role: String,
    input: ProfileInput,
    errors: FieldErrors,
    sessions: SessionList,
}

impl Edit {
    pub fn new(viewer: &Viewer, email: String, open: Vec<OpenSession>, current: Option<Uuid>) -> Self {
        Self {
            email,
            role: viewer.role_name.clone(),
            input: ProfileInput::of(viewer),
            errors: FieldErrors::default(),
            sessions: SessionList::new(viewer, "/profile", open, current),
        }
    }

    /// The same form with the typed values.
    pub fn with(self, input: ProfileInput) -> Self {
        Self { input, ..self }
    }

    /// The same form with the errors.
    pub fn refused(mut self, errors: FieldErrors) -> Self {
        self.sessions.refuse(&errors);
        Self { errors, ..self }
    }

    fn themes(&self) -> &'static [Theme] {
        &[Theme::Light, Theme::Dark, Theme::System]
    }

    fn name_limit(&self) -> usize {
        Name::LIMIT
    }
}

//! Views of one-time links, for their makers and their users.

use askama::Template;

use crate::clock::Zone;
use crate::refusal::FieldErrors;
use crate::users::queries::{Invited, User};
use crate::users::{LINK_HOURS, Name};

/// Shows a new link, once.
#[derive(Template)]
#[template(path = "users/access_link.html")]
pub struct NewLink {
    id: String,
    name: String,
    email: String,
    link: String,
    is_invitation: bool,
    until: String,
    hours: i32,
}

impl NewLink {
    pub fn new(user: &User, link: String, zone: Zone) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            link,
            is_invitation: !user.has_password,
            until: user.link_until.map(|until| zone.date_time(until)).unwrap_or_default(),
            hours: LINK_HOURS,
        }
    }
}

/// The page on which the owner of a link chooses a password.
#[derive(Template)]
#[template(path = "users/access.html")]
pub struct ChoosePassword {
    token: String,
    name: String,
    email: String,
    is_new: bool,
    errors: FieldErrors,
}

impl ChoosePassword {
    pub fn new(token: &str, invited: &Invited) -> Self {
        Self {
            token: token.to_owned(),
            name: invited.name.clone(),
            email: invited.email.clone(),
            is_new: invited.is_new,
            errors: FieldErrors::default(),
        }
    }

    pub fn title(&self) -> &'static str {
        if self.is_new { "Criar sua senha" } else { "Trocar sua senha" }
    }

    /// The same page with the typed text and the errors.
    pub fn refused(self, name: &str, errors: FieldErrors) -> Self {
        let name = if self.is_new { name.to_owned() } else { self.name };
        Self { name, errors, ..self }
    }

    fn name_limit(&self) -> usize {
        Name::LIMIT
    }
}

/// The page for an unknown, used or expired link.
#[derive(Template)]
#[template(path = "users/invalid_link.html")]
pub struct InvalidLink;

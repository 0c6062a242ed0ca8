//! The form of a profile.

use crate::auth::Account;
use crate::users::Name;
use crate::web::{FieldErrors, Fields, Theme};

/// The fields as typed and chosen.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    pub theme: Theme,
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
}

/// Valid fields of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: Name,
    pub theme: Theme,
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
}

impl Typed {
    pub fn read(fields: &Fields) -> Self {
        Self {
            name: fields.get("name").to_owned(),
            theme: fields.get("theme").parse().unwrap_or_default(),
            plays_sound: !fields.get("plays_sound").is_empty(),
            shows_browser_notices: !fields.get("shows_browser_notices").is_empty(),
        }
    }

    pub fn of(person: &Account) -> Self {
        Self {
            name: person.name.clone(),
            theme: person.theme,
            plays_sound: person.plays_sound,
            shows_browser_notices: person.shows_browser_notices,
        }
    }

    pub fn parse(&self) -> Result<Draft, FieldErrors> {
        let name = Name::parse(&self.name).map_err(|message| {
            let mut errors = FieldErrors::default();
            errors.add("name", message);
            errors
        })?;
        let Self { theme, plays_sound, shows_browser_notices, .. } = *self;
        Ok(Draft { name, theme, plays_sound, shows_browser_notices })
    }
}

impl Draft {
    /// Names of the fields that differ from those of `person`.
    pub fn changed(&self, person: &Account) -> Vec<&'static str> {
        let fields = [
            ("name", self.name.as_str() != person.name),
            ("theme", self.theme != person.theme),
            ("plays_sound", self.plays_sound != person.plays_sound),
            ("shows_browser_notices", self.shows_browser_notices != person.shows_browser_notices),
        ];
        fields.into_iter().filter(|(_, is_new)| *is_new).map(|(name, _)| name).collect()
    }
}

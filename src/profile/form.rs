//! The form of a profile.

use crate::auth::Account;
use crate::refusal::FieldErrors;
use crate::theme::Theme;
use crate::users::Name;
use crate::web::Fields;

/// The fields as typed and chosen.
#[derive(Clone, Debug, Default)]
pub struct ProfileInput {
    pub name: String,
    pub theme: Theme,
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
}

/// Valid fields of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidProfile {
    pub name: Name,
    pub theme: Theme,
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
}

impl ProfileInput {
    pub fn read(fields: &Fields) -> Self {
        Self {
            name: fields.get("name").to_owned(),
            theme: fields.get("theme").parse().unwrap_or_default(),
            plays_sound: !fields.get("plays_sound").is_empty(),
            shows_browser_notices: !fields.get("shows_browser_notices").is_empty(),
        }
    }

    pub fn of(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            theme: account.theme,
            plays_sound: account.plays_sound,
            shows_browser_notices: account.shows_browser_notices,
        }
    }

    pub fn parse(&self) -> Result<ValidProfile, FieldErrors> {
        let name = Name::parse(&self.name).map_err(|message| {
            let mut errors = FieldErrors::default();
            errors.add("name", message);
            errors
        })?;
        let Self { theme, plays_sound, shows_browser_notices, .. } = *self;
        Ok(ValidProfile { name, theme, plays_sound, shows_browser_notices })
    }
}

impl ValidProfile {
    /// Names of the fields that differ from those of `account`.
    pub fn changed_fields(&self, account: &Account) -> Vec<&'static str> {
        let fields = [
            ("name", self.name.as_str() != account.name),
            ("theme", self.theme != account.theme),
            ("plays_sound", self.plays_sound != account.plays_sound),
            ("shows_browser_notices", self.shows_browser_notices != account.shows_browser_notices),
        ];
        fields.into_iter().filter(|(_, is_new)| *is_new).map(|(name, _)| name).collect()
    }
}

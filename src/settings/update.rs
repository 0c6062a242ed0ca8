//! Saves the settings and rewrites the pending schedules, in one transaction.

use std::time::Duration;

use diesel::pg::PgConnection;

use super::form::SettingsInput;
use super::moved_clocks;
use super::queries::{self, NamedSchedule};
use super::respacing::Respacing;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::db::wait_limit::with_wait_limit;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::live::{self, Event};
use crate::refusal::{FieldErrors, Refusal, StaleEdit};

/// Maximum affected schedules shown on the confirmation page.
const MAX_EXAMPLES: usize = 8;

/// The result of submitting the form.
pub enum Outcome {
    Saved,
    Refused(Refusal),
    /// Pending schedules would be affected, and the user has not confirmed it.
    NeedsConfirmation(Effect),
}

/// What saving would change in pending schedules.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Number of schedules that would not fit the spacing.
    pub unspaced: usize,
    /// Number of those that fit now.
    pub newly_unspaced: usize,
    /// Number of schedules that do not fit now, but would.
    pub fitting_again: usize,
    /// The first of the newly unspaced ones.
    pub first: Vec<NamedSchedule>,
    /// Number of schedules that would show another clock time.
    pub moved: usize,
    /// Whether there may be more of these.
    pub has_more_moved: bool,
}

/// Timeout of a statement while all pending schedules are rewritten. Longer than the server's limit, which
/// `lock_pending` raises to 180 s.
const TIMEOUT: Duration = Duration::from_secs(185);

pub fn update(conn: &mut PgConnection, input: &SettingsInput, by: &Account) -> Result<Outcome> {
    with_wait_limit(TIMEOUT, || save(conn, input, by))
}

fn save(conn: &mut PgConnection, input: &SettingsInput, by: &Account) -> Result<Outcome> {
    let wanted = match input.parse() {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(Outcome::Refused(errors.into())),
    };
    let before = queries::current_for_update(conn)?;
    if wanted == before {
        return Ok(Outcome::Saved);
    }
    let now = before.snapshot();
    if now.has_changed_since(&input.version) {
        let last = audit::newest_of(conn, Action::SettingsEdited)?;
        return Ok(Outcome::Refused(StaleEdit::new(&input.version, &now, last).into()));
    }
    let changes_zone = wanted.zone != before.zone;
    if changes_zone && !queries::knows_zone(conn, wanted.zone)? {
        let mut errors = FieldErrors::default();
        errors.add("time_zone", "O banco de dados não conhece este fuso. Selecione outro da mesma região.");
        return Ok(Outcome::Refused(errors.into()));
    }
    let mut effect = Effect::default();
    if changes_zone {
        (effect.moved, effect.has_more_moved) = moved_clocks::count_moved(conn, wanted.zone)?;
    }
    let mut unspaced = 0;
    if wanted.spacing != before.spacing {
        // Computes the effect without the locks first, because they block everybody who saves a schedule.
        let respacing = queries::respacing(conn, wanted.spacing)?;
        effect.set_spacing_effect(&respacing);
        if effect.needs_confirmation() && !input.confirms(effect.newly_unspaced) {
            return effect.ask_confirmation(conn, &respacing);
        }
        queries::lock_pending(conn)?;
        let respacing = queries::respacing(conn, wanted.spacing)?;
        effect.set_spacing_effect(&respacing);
        if effect.newly_unspaced > 0 && !input.confirms(effect.newly_unspaced) {
            return effect.ask_confirmation(conn, &respacing);
        }
        queries::respace(conn, wanted.spacing, &respacing, by)?;
        unspaced = respacing.unspaced;
        let changed = respacing.newly_exempt.iter().chain(&respacing.no_longer_exempt);
        live::announce(conn, &Event::SchedulesChanged(changed.copied().map(ScheduleId).collect()))?;
    } else if effect.needs_confirmation() && input.confirmed.is_empty() {
        return Ok(Outcome::NeedsConfirmation(effect));
    }
    queries::save(conn, &wanted)?;
    let mut details = before.audited(&wanted);
    if unspaced > 0 {
        details["unspaced_schedules"] = unspaced.into();
    }
    let entry = audit::Entry::of(Action::SettingsEdited).by(by).with(details);
    audit::record(conn, &entry)?;
    Ok(Outcome::Saved)
}

impl Effect {
    fn set_spacing_effect(&mut self, respacing: &Respacing) {
        self.unspaced = respacing.unspaced;
        self.newly_unspaced = respacing.newly_exempt.len();
        self.fitting_again = respacing.no_longer_exempt.len();
    }

    fn ask_confirmation(mut self, conn: &mut PgConnection, respacing: &Respacing) -> Result<Outcome> {
        let first: Vec<_> =
            respacing.newly_exempt.iter().copied().map(ScheduleId).take(MAX_EXAMPLES).collect();
        self.first = queries::schedules_with_contacts(conn, &first)?;
        Ok(Outcome::NeedsConfirmation(self))
    }

    /// Whether the user must confirm.
    fn needs_confirmation(&self) -> bool {
        self.newly_unspaced > 0 || self.moved > 0
    }
}

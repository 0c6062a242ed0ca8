//! Saving the settings: all of it in one transaction, that of the pending schedules included.

use std::time::Duration;

use diesel::pg::PgConnection;

use super::form::Typed;
use super::lists;
use super::queries::{self, Named};
use super::respacing::Respacing;
use crate::audit::{self, Action};
use crate::auth::Viewer;
use crate::db::patience::with_patience;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::live::{self, Event};
use crate::web::{FieldErrors, Refusal, Stale};

/// How many of the touched schedules the question shows.
const SHOWN: usize = 8;

/// What came of a form.
pub enum Outcome {
    Saved,
    Refused(Refusal),
    /// Pending schedules are touched, and nobody has confirmed that they may be.
    Unconfirmed(Effect),
}

/// What saving would do to pending schedules.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Those that would not fit the spacing, of which so many fit now; and those that would fit again.
    pub unspaced: usize,
    pub newly_unspaced: usize,
    pub freed: usize,
    /// The first of those that fit now and would not.
    pub first: Vec<Named>,
    /// Whether so many would show another clock time, or more.
    pub moved: usize,
    pub has_more_moved: bool,
}

/// How long one statement may take where all pending schedules are rewritten: longer than the server's own limit,
/// which `lock_pending` raises.
const PATIENCE: Duration = Duration::from_secs(185);

pub fn update(conn: &mut PgConnection, typed: &Typed, editor: &Viewer, ip: &str) -> Result<Outcome> {
    with_patience(PATIENCE, || save(conn, typed, editor, ip))
}

fn save(conn: &mut PgConnection, typed: &Typed, editor: &Viewer, ip: &str) -> Result<Outcome> {
    let wanted = match typed.parse() {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(Outcome::Refused(errors.into())),
    };
    let before = queries::current_for_update(conn)?;
    if wanted == before {
        return Ok(Outcome::Saved);
    }
    if let Some(stale) = Stale::since(&typed.version, &before.snapshot(), "/settings".into()) {
        return Ok(Outcome::Refused(stale.by(audit::newest_of(conn, Action::SettingsEdited)?, editor.zone)));
    }
    let changes_zone = wanted.zone != before.zone;
    if changes_zone && !queries::knows_zone(conn, wanted.zone)? {
        let mut errors = FieldErrors::default();
        errors.add("time_zone", "O banco de dados não conhece este fuso. Selecione outro da mesma região.");
        return Ok(Outcome::Refused(errors.into()));
    }
    let mut effect = Effect::default();
    if changes_zone {
        (effect.moved, effect.has_more_moved) = lists::count_moved(conn, wanted.zone)?;
    }
    let mut unspaced = 0;
    if wanted.spacing != before.spacing {
        // Looks first without the locks, under which nobody else can save.
        let respacing = queries::respacing(conn, wanted.spacing)?;
        effect.tell(&respacing);
        if effect.is_felt() && !typed.confirms(effect.newly_unspaced) {
            return effect.unconfirmed(conn, &respacing);
        }
        queries::lock_pending(conn)?;
        let respacing = queries::respacing(conn, wanted.spacing)?;
        effect.tell(&respacing);
        if effect.newly_unspaced > 0 && !typed.confirms(effect.newly_unspaced) {
            return effect.unconfirmed(conn, &respacing);
        }
        queries::respace(conn, wanted.spacing, &respacing, (editor.id, ip))?;
        unspaced = respacing.unspaced;
        let changed = respacing.marked.iter().chain(&respacing.unmarked);
        live::announce(conn, &Event::SchedulesChanged(changed.copied().map(ScheduleId).collect()))?;
    } else if effect.is_felt() && typed.confirmed.is_empty() {
        return Ok(Outcome::Unconfirmed(effect));
    }
    queries::save(conn, &wanted)?;
    let mut details = before.audited(&wanted);
    if unspaced > 0 {
        details["unspaced_schedules"] = unspaced.into();
    }
    let entry = audit::Entry::of(Action::SettingsEdited).by(editor.id).with(details).from(ip);
    audit::record(conn, &entry)?;
    Ok(Outcome::Saved)
}

impl Effect {
    fn tell(&mut self, respacing: &Respacing) {
        self.unspaced = respacing.unspaced;
        self.newly_unspaced = respacing.marked.len();
        self.freed = respacing.unmarked.len();
    }

    fn unconfirmed(mut self, conn: &mut PgConnection, respacing: &Respacing) -> Result<Outcome> {
        let first: Vec<_> = respacing.marked.iter().copied().map(ScheduleId).take(SHOWN).collect();
        self.first = queries::named(conn, &first)?;
        Ok(Outcome::Unconfirmed(self))
    }

    /// Whether somebody should be asked.
    fn is_felt(&self) -> bool {
        self.newly_unspaced > 0 || self.moved > 0
    }
}

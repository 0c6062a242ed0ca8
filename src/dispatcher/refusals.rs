//! Due schedules that the database refuses to write. They stay due and are tried again.
//!
//! A full disk, a changed table or a broken index refuse schedules that are sound. So a refused schedule
//! waits, longer each time, while the others go on. When [`IN_A_ROW`] schedules are refused and none succeeds
//! between them, the database is assumed to be the cause, and all schedules wait. `/readyz` and the log
//! report both cases. If that wait ends and the database still blames only the values of the same schedules,
//! those schedules are the cause.
//!
//! A schedule fails as `internal` only if all of this holds: the database blames its values (SQLSTATE class
//! 22 or 23), it was refused many times over minutes (see [`GiveUpRules`]), and another schedule of its kind
//! succeeded since its first refusal. Otherwise it stays due until it succeeds, until somebody cancels it, or
//! until it is too late (`expired`).
//!
//! This is kept in memory, per process. Another process counts for itself, and a new process starts at zero.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::queries::Decided;
use crate::db::SqlState;
use crate::ids::ScheduleId;

/// Number of different schedules refused in a row from which the database is assumed to be the cause.
const IN_A_ROW: usize = 3;

const FIRST_PAUSE_OF_ALL: Duration = Duration::from_millis(100);
const LONGEST_PAUSE_OF_ALL: Duration = Duration::from_secs(5);

/// When a refused schedule may be failed.
#[derive(Clone, Copy, Debug)]
pub struct GiveUpRules {
    /// Minimum number of refusals.
    pub tries: u32,
    /// Minimum time since the first refusal.
    pub after: Duration,
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

impl Default for GiveUpRules {
    fn default() -> Self {
        Self {
            tries: 8,
            after: Duration::from_secs(5 * 60),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// What caused a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection: a new one must be made.
    Connection,
    /// A lock that another transaction holds.
    Held,
    /// Perhaps the schedule's own values.
    Values,
    /// The database, as far as we know.
    Database,
}

impl Fault {
    pub fn of(error: &DieselError) -> Self {
        use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, UnableToSendCommand};
        match error {
            DieselError::DatabaseError(ClosedConnection | ReadOnlyTransaction | UnableToSendCommand, _) => {
                Self::Connection
            }
            DieselError::DatabaseError(..) => Self::of_state(SqlState::of(error)),
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::of(commit_error),
            _ => Self::Connection,
        }
    }

    fn of_state(state: Option<SqlState>) -> Self {
        let Some(state) = state else { return Self::Database };
        match (state.class(), state.as_str()) {
            // 0A000: the plan of a prepared statement is older than its table.
            ("08" | "25", _) | (_, "0A000" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05") => {
                Self::Connection
            }
            ("40", _) | (_, "55P03") => Self::Held,
            _ if state.rejects_values() => Self::Values,
            _ => Self::Database,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Refused {
    first: Instant,
    tries: u32,
    next_try: Instant,
    state: Option<SqlState>,
    fault: Fault,
}

/// Schedules that were refused and are still due.
#[derive(Debug, Default)]
pub struct Refusals {
    rules: GiveUpRules,
    rows: HashMap<ScheduleId, Refused>,
    /// Refused since a schedule last succeeded.
    in_a_row: HashSet<ScheduleId>,
    /// Set while the database is assumed to be the cause: all wait until this instant, after this pause.
    all_wait: Option<(Instant, Duration)>,
    last_ticket: Option<Instant>,
    last_notice: Option<Instant>,
}

/// What `/readyz` reports about refused schedules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The dispatcher cannot do its work.
    Trouble(String),
    /// It does its work, except for schedules that may themselves be the cause.
    Warning(String),
}

impl Refusals {
    pub fn with_rules(rules: GiveUpRules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// How long all must still wait, if they must.
    pub(super) fn all_wait(&self) -> Option<Duration> {
        let (until, _) = self.all_wait?;
        Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// The refused schedules that may not be tried again yet.
    pub(super) fn waiting(&self) -> Vec<ScheduleId> {
        let now = Instant::now();
        self.rows.iter().filter(|(_, row)| row.next_try > now).map(|(id, _)| *id).collect()
    }

    /// All refused schedules.
    pub(super) fn ids(&self) -> Vec<ScheduleId> {
        let mut ids: Vec<_> = self.rows.keys().copied().collect();
        ids.sort_unstable_by_key(|id| id.0);
        ids
    }

    /// How long until the next refused schedule may be tried again.
    pub(super) fn next_try(&self) -> Option<Duration> {
        let next = self.rows.values().map(|row| row.next_try).min()?;
        Some(next.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)))
    }

    /// Records that the database refused this schedule, alone in its batch. Returns whether all must wait
    /// now.
    pub(super) fn refuse(&mut self, id: ScheduleId, error: &DieselError) -> bool {
        let (now, rules) = (Instant::now(), self.rules);
        let row = self.rows.entry(id).or_insert(Refused {
            first: now,
            tries: 0,
            next_try: now,
            state: None,
            fault: Fault::Database,
        });
        (row.state, row.fault) = (SqlState::of(error), Fault::of(error));
        let longest = if row.fault == Fault::Values { rules.longest_pause } else { LONGEST_PAUSE_OF_ALL };
        let doublings = row.tries.min(16);
        row.tries += 1;
        row.next_try = now + (rules.first_pause * (1 << doublings)).min(longest);
        self.in_a_row.insert(id);
        if self.in_a_row.len() < IN_A_ROW || self.is_nothing_new(id) {
            return false;
        }
        let pause =
            self.all_wait.map_or(FIRST_PAUSE_OF_ALL, |(_, last)| (last * 2).min(LONGEST_PAUSE_OF_ALL));
        self.all_wait = Some((now + pause, pause));
        true
    }

    /// Whether this refusal tells nothing new about the database: it was blamed on the schedule's values
    /// before, as were all others, and all have already waited. The schedule's own pause is enough.
    fn is_nothing_new(&self, id: ScheduleId) -> bool {
        self.rows.get(&id).is_some_and(|row| row.tries > 1)
            && self.rows.values().all(|row| row.fault == Fault::Values)
            && self.all_wait.is_some()
            && self.all_wait().is_none()
    }

    /// Whether this schedule has been refused often and long enough to fail, provided that another of its
    /// kind succeeded meanwhile.
    pub(super) fn may_fail(&self, id: ScheduleId) -> bool {
        self.rows.get(&id).is_some_and(|row| {
            row.fault == Fault::Values
                && row.tries >= self.rules.tries
                && row.first.elapsed() >= self.rules.after
        })
    }

    /// Whether another schedule of its kind succeeded since this one was first refused.
    pub(super) fn another_succeeded(&self, id: ScheduleId, opens_ticket: bool) -> bool {
        let last = if opens_ticket { self.last_ticket } else { self.last_notice };
        self.rows.get(&id).zip(last).is_some_and(|(row, last)| last > row.first)
    }

    /// Records that these schedules were settled.
    pub(super) fn settled(&mut self, ids: &[ScheduleId], decided: &Decided) {
        let now = Instant::now();
        self.in_a_row.clear();
        self.rows.retain(|id, _| !ids.contains(id));
        if self.all_wait.take().is_some() {
            // The database works again: schedules that it refused may be tried at once.
            self.rows
                .values_mut()
                .filter(|row| row.fault == Fault::Database)
                .for_each(|row| row.next_try = now);
        }
        let tickets = decided.contacts.len() as i64;
        if tickets > 0 {
            self.last_ticket = Some(now);
        }
        if decided.completed > tickets {
            self.last_notice = Some(now);
        }
    }

    /// Records that this schedule was failed.
    pub(super) fn gave_up(&mut self, id: ScheduleId) {
        self.rows.remove(&id);
    }

    /// Records that everything that was due at `began` has been tried. A schedule that was not refused again
    /// is no longer due.
    pub(super) fn tried_all_since(&mut self, began: Instant) {
        self.rows.retain(|_, row| row.next_try > began);
        if self.rows.is_empty() {
            self.in_a_row.clear();
            self.all_wait = None;
        }
    }

    pub(super) fn alarm(&self) -> Option<Alarm> {
        let worst = self.rows.values().min_by_key(|row| row.fault == Fault::Values)?;
        let code =
            worst.state.map_or_else(|| "without a code".to_owned(), |state| format!("SQLSTATE {state}"));
        let text = format!("due and refused by the database: {} ({code})", self.rows.len());
        let is_warning = worst.fault == Fault::Values && self.all_wait().is_none();
        Some(if is_warning { Alarm::Warning(text) } else { Alarm::Trouble(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: GiveUpRules = GiveUpRules {
        tries: 2,
        after: Duration::ZERO,
        first_pause: Duration::from_secs(3),
        longest_pause: Duration::from_secs(90),
    };

    fn error() -> DieselError {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new("sin espacio en disco".to_owned()))
    }

    #[test]
    fn a_refused_schedule_waits_longer_each_time_up_to_a_bound() {
        let mut refusals = Refusals::with_rules(RULES);
        for longest in [3, 5, 5] {
            assert!(!refusals.refuse(ScheduleId(1), &error()), "one alone does not make all wait");
            let next = refusals.next_try().unwrap();
            assert!(
                next <= Duration::from_secs(longest) && next > Duration::from_secs(longest - 1),
                "{next:?}"
            );
        }
        assert_eq!(refusals.waiting(), [ScheduleId(1)]);
    }

    #[test]
    fn three_in_a_row_make_all_wait_until_one_succeeds() {
        let mut refusals = Refusals::with_rules(RULES);
        let all_wait: Vec<_> = (1..=3).map(|id| refusals.refuse(ScheduleId(id), &error())).collect();
        assert_eq!(all_wait, [false, false, true]);
        assert!(refusals.all_wait().is_some());
        assert!(matches!(refusals.alarm(), Some(Alarm::Trouble(_))));
        refusals.settled(&[ScheduleId(1)], &Decided::default());
        assert!(refusals.all_wait().is_none());
        assert!(refusals.waiting().is_empty(), "all may try at once");
        assert_eq!(refusals.ids(), [ScheduleId(2), ScheduleId(3)]);
    }

    #[test]
    fn a_schedule_refused_for_other_reasons_than_its_values_never_fails() {
        let mut refusals = Refusals::with_rules(RULES);
        for _ in 0..50 {
            refusals.refuse(ScheduleId(1), &error());
        }
        assert!(!refusals.may_fail(ScheduleId(1)));
    }
}

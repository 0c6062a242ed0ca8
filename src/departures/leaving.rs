//! Handing over an attendant's work when they leave departments or their account is deactivated.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;

use super::queries::{self, Leaver};
use super::views::{Leaving, Shown};
use crate::auth::{Account, Viewer};
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::schedules::handover::{self, Clash, Handover};
use crate::tickets;
use crate::web::Fields;

/// Prefix of the form fields that name who takes over. The department's id follows.
const HEIR: &str = "heir_";

/// Who takes over the work in each department. Work in departments that are missing here stays.
pub type Heirs = BTreeMap<DepartmentId, UserId>;

/// A request to remove an attendant from departments.
#[derive(Clone, Debug)]
pub struct Leave {
    pub user: UserId,
    pub departments: Vec<DepartmentId>,
    pub heirs: Heirs,
    /// Whether the user was shown what it affects.
    pub is_known: bool,
}

/// Why the work was not handed over.
pub enum Refused {
    /// The chosen user is no active attendant of that department.
    NoAttendant,
    /// These schedules would be too close to others of the chosen user.
    TooNear(Vec<Clash>),
}

/// Number of schedules and tickets that changed their attendant, or lost it.
pub struct Moved {
    pub schedules: usize,
    pub tickets: usize,
}

/// The result of a request to leave departments.
pub enum Left {
    Moved,
    /// The user must see first what it affects, or see it again with the reason why it was refused.
    Asks(Option<Refused>),
}

impl Refused {
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::NoAttendant => {
                "Quem você escolheu não atende mais neste departamento. Escolha outra pessoa."
            }
            Self::TooNear(_) => {
                "Alguns agendamentos ficariam perto demais de outros de quem recebe. Escolha outra pessoa, mude o horário deles ou não os passe."
            }
        }
    }

    pub fn clashes(&self, viewer: &Viewer) -> Vec<Shown> {
        let Self::TooNear(clashes) = self else { return Vec::new() };
        let shown = |clash: &Clash| Shown::schedule(viewer, clash.id, clash.due_at, &clash.contact_name);
        clashes.iter().map(shown).collect()
    }
}

impl Leave {
    pub fn read(form: &Fields, user: UserId, departments: Vec<DepartmentId>) -> Self {
        let heirs = heirs(form, departments.iter().copied());
        Self { user, departments, heirs, is_known: !form.get("known").is_empty() }
    }

    /// Hands over the attendant's work in those departments, if there is any. The caller then removes the
    /// attendant.
    pub fn carry_out(&self, conn: &mut PgConnection, by: &Account) -> Result<Left> {
        // Locks before counting, and so waits for a schedule that is firing at this moment.
        queries::lock_users(conn, &self.heirs.values().copied().chain([self.user]).collect::<Vec<_>>())?;
        if queries::held(conn, self.user, Some(&self.departments))?.is_empty() {
            queries::pass_on_notices(conn, self.user, Some(&self.departments), &self.heirs)?;
            return Ok(Left::Moved);
        }
        if !self.is_known {
            return Ok(Left::Asks(None));
        }
        Ok(match hand_over(conn, self.user, Some(&self.departments), &self.heirs, by)? {
            Ok(_) => Left::Moved,
            Err(refused) => Left::Asks(Some(refused)),
        })
    }

    /// The page that shows what it affects and asks for confirmation. `name` is the attendant's.
    pub fn question(&self, conn: &mut PgConnection, viewer: &Viewer, name: String) -> Result<Leaving> {
        let held = queries::held(conn, self.user, Some(&self.departments))?;
        let candidates = queries::candidates(conn, self.user)?;
        let in_hand = queries::in_hand(conn, Leaver::Member(self.user, &self.departments))?;
        Ok(Leaving::new(viewer, self, (held, candidates, in_hand), name))
    }
}

/// Locks the attendant and all users named in the form as taking over. For changes that only know under the
/// lock which departments the attendant leaves.
pub fn lock_named(conn: &mut PgConnection, form: &Fields, user: UserId) -> Result<()> {
    let is_heir = |(name, value): (&str, &str)| name.starts_with(HEIR).then(|| value.parse().ok()).flatten();
    queries::lock_users(conn, &form.iter().filter_map(is_heir).chain([user]).collect::<Vec<_>>())
}

/// Who was chosen to take over in each of these departments.
pub fn heirs(form: &Fields, departments: impl Iterator<Item = DepartmentId>) -> Heirs {
    let heir = |department: DepartmentId| {
        let chosen = form.get(&format!("{HEIR}{department}")).parse().ok()?;
        Some((department, chosen))
    };
    departments.filter_map(heir).collect()
}

/// Hands over an attendant's schedules and tickets, in all departments or in some, together with their unread
/// notifications. Without anybody chosen to take over, tickets go back to the queue and schedules stay
/// theirs. Changes nothing if it is refused.
pub fn hand_over(
    conn: &mut PgConnection,
    user: UserId,
    within: Option<&[DepartmentId]>,
    heirs: &Heirs,
    by: &Account,
) -> Result<Result<Moved, Refused>> {
    queries::lock_users(conn, &heirs.values().copied().chain([user]).collect::<Vec<_>>())?;
    let mut handovers = Vec::new();
    for (department, heir) in heirs {
        if *heir == user || !queries::attends(conn, *heir, *department)? {
            return Ok(Err(Refused::NoAttendant));
        }
        handovers.push(Handover::Attendant { of: user, department: *department, to: *heir });
    }
    let schedules = match handover::hand_over(conn, &handovers, by)? {
        Ok(moved) => moved.len(),
        Err(clashes) => return Ok(Err(Refused::TooNear(clashes))),
    };
    let mut tickets = 0;
    for held in queries::held(conn, user, within)? {
        let department = held.department_id;
        let handover =
            tickets::Handover::Attendant { of: user, department, to: heirs.get(&department).copied() };
        tickets += tickets::hand_over(conn, handover, by)?;
    }
    queries::pass_on_notices(conn, user, within, heirs)?;
    Ok(Ok(Moved { schedules, tickets }))
}

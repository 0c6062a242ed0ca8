//! What becomes of an attendant's work when they leave: the account, or a department.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;

use super::queries::{self, Leaver};
use super::views::{Leaving, Shown};
use crate::auth::Viewer;
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::schedules::handover::{self, Clash, Handover};
use crate::tickets;
use crate::web::Fields;

/// How the fields begin that name an heir; the department's id follows.
const HEIR: &str = "heir_";

/// To whom the work of each department goes; what is missing stays.
pub type Heirs = BTreeMap<DepartmentId, UserId>;

/// An attendant who goes out of departments, as somebody asks for it.
#[derive(Clone, Debug)]
pub struct Leave {
    pub user: UserId,
    pub departments: Vec<DepartmentId>,
    pub heirs: Heirs,
    /// Whether what it touches was shown.
    pub is_known: bool,
}

/// Why the work was not handed over.
pub enum Refused {
    /// Who was chosen attends that department no more.
    NoAttendant,
    /// These would be too near to others of the heir's.
    TooNear(Vec<Clash>),
}

/// How many schedules and tickets have another attendant, or none, from now on.
pub struct Moved {
    pub schedules: usize,
    pub tickets: usize,
}

/// What came of the wish to leave departments.
pub enum Left {
    Moved,
    /// What it touches is to be shown first, or again with what was wrong.
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

    /// Hands over what is in hand in those departments, if anything is; the caller then takes the
    /// attendant out.
    pub fn carry_out(&self, conn: &mut PgConnection, by: &Viewer, ip: &str) -> Result<Left> {
        // Before anything is counted: a schedule that fires in this moment is waited for.
        queries::lock_users(conn, &self.heirs.values().copied().chain([self.user]).collect::<Vec<_>>())?;
        if queries::held(conn, self.user, Some(&self.departments))?.is_empty() {
            queries::pass_on_notices(conn, self.user, Some(&self.departments), &self.heirs)?;
            return Ok(Left::Moved);
        }
        if !self.is_known {
            return Ok(Left::Asks(None));
        }
        Ok(match hand_over(conn, (self.user, Some(&self.departments)), &self.heirs, by, ip)? {
            Ok(_) => Left::Moved,
            Err(refused) => Left::Asks(Some(refused)),
        })
    }

    /// The question that shows what it touches; `name` is the attendant's.
    pub fn question(
        &self,
        conn: &mut PgConnection,
        viewer: &Viewer,
        csrf: &str,
        name: String,
    ) -> Result<Leaving> {
        let held = queries::held(conn, self.user, Some(&self.departments))?;
        let candidates = queries::candidates(conn, self.user)?;
        let in_hand = queries::in_hand(conn, Leaver::Member(self.user, &self.departments))?;
        Ok(Leaving::new(viewer, csrf, self, (held, candidates, in_hand), name))
    }
}

/// Locks the attendant, and whoever a form names as an heir: for a change that learns only under the lock
/// which departments are left.
pub fn lock_named(conn: &mut PgConnection, form: &Fields, user: UserId) -> Result<()> {
    let is_heir = |(name, value): (&str, &str)| name.starts_with(HEIR).then(|| value.parse().ok()).flatten();
    queries::lock_users(conn, &form.iter().filter_map(is_heir).chain([user]).collect::<Vec<_>>())
}

/// Who was chosen for each of these departments.
pub fn heirs(form: &Fields, departments: impl Iterator<Item = DepartmentId>) -> Heirs {
    let heir = |department: DepartmentId| {
        let chosen = form.get(&format!("{HEIR}{department}")).parse().ok()?;
        Some((department, chosen))
    };
    departments.filter_map(heir).collect()
}

/// Hands over what an attendant has in hand, in all departments or in some: to the heirs, or tickets back
/// to the queue, with what they were told and have not read. Schedules without an heir stay theirs. Changes nothing if it cannot.
pub fn hand_over(
    conn: &mut PgConnection,
    (user, within): (UserId, Option<&[DepartmentId]>),
    heirs: &Heirs,
    by: &Viewer,
    ip: &str,
) -> Result<Result<Moved, Refused>> {
    queries::lock_users(conn, &heirs.values().copied().chain([user]).collect::<Vec<_>>())?;
    let mut handovers = Vec::new();
    for (department, heir) in heirs {
        if *heir == user || !queries::attends(conn, *heir, *department)? {
            return Ok(Err(Refused::NoAttendant));
        }
        handovers.push(Handover::Attendant { of: user, department: *department, to: *heir });
    }
    let schedules = match handover::hand_over(conn, &handovers, by, ip)? {
        Ok(moved) => moved.len(),
        Err(clashes) => return Ok(Err(Refused::TooNear(clashes))),
    };
    let mut tickets = 0;
    for held in queries::held(conn, user, within)? {
        let department = held.department_id;
        let handover =
            tickets::Handover::Attendant { of: user, department, to: heirs.get(&department).copied() };
        tickets += tickets::hand_over(conn, handover, by.id, ip)?;
    }
    queries::pass_on_notices(conn, user, within, heirs)?;
    Ok(Ok(Moved { schedules, tickets }))
}

//! Who could take over the work, by department.

use super::counted;
use crate::departures::Heirs;
use crate::departures::queries::{Candidate, Held};
use crate::ids::DepartmentId;

/// A department with the attendant's work there, and who could take it over.
pub struct Place {
    id: DepartmentId,
    pub field: String,
    pub name: String,
    pub what: String,
    pub heirs: Vec<Heir>,
}

pub struct Heir {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl Place {
    pub fn all(held: &[Held], candidates: &[Candidate]) -> Vec<Self> {
        held.iter().map(|held| Self::new(held, candidates)).collect()
    }

    /// Marks the chosen users.
    pub fn choose(places: &mut [Self], heirs: &Heirs) {
        for place in places {
            let chosen = heirs.get(&place.id).map(ToString::to_string);
            for heir in &mut place.heirs {
                heir.is_chosen = chosen.as_ref() == Some(&heir.value);
            }
        }
    }

    fn new(held: &Held, candidates: &[Candidate]) -> Self {
        let counts = [
            counted(held.schedules, "agendamento", "agendamentos"),
            counted(held.tickets, "chamado", "chamados"),
        ];
        let there = candidates.iter().filter(|candidate| candidate.department_id == held.department_id);
        Self {
            id: held.department_id,
            field: format!("heir_{}", held.department_id),
            name: held.department.clone(),
            what: counts.into_iter().flatten().collect::<Vec<_>>().join(" e "),
            heirs: there
                .map(|one| Heir { value: one.id.to_string(), label: one.name.clone(), is_chosen: false })
                .collect(),
        }
    }
}

//! The answer to the question of who takes over an attendant's work.

use super::Successors;
use crate::ids::DepartmentId;
use crate::web::Fields;

/// Prefix of the form fields that name who takes over. The department's id follows.
pub const SUCCESSOR_FIELD_PREFIX: &str = "heir_";

/// The answer as typed. `hand_over` checks that those who take over attend the department.
#[derive(Clone, Debug, Default)]
pub struct HandoverAnswer {
    pub successors: Successors,
    /// Whether the user was shown what it affects.
    pub is_confirmed: bool,
}

impl HandoverAnswer {
    pub fn read(form: &Fields) -> Self {
        let successor = |(name, value): (&str, &str)| {
            let department = name.strip_prefix(SUCCESSOR_FIELD_PREFIX)?.parse().ok()?;
            Some((department, value.parse().ok()?))
        };
        Self {
            successors: form.iter().filter_map(successor).collect(),
            is_confirmed: !form.get("known").is_empty(),
        }
    }

    /// Who was chosen in these departments.
    pub fn successors_in(&self, departments: &[DepartmentId]) -> Successors {
        let mut successors = self.successors.clone();
        successors.retain(|department, _| departments.contains(department));
        successors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    #[test]
    fn only_departments_with_a_chosen_user_are_read() {
        let fields = Fields::from([("heir_3", "7"), ("heir_4", ""), ("heir_x", "7"), ("name", "Ana")]);
        let answer = HandoverAnswer::read(&fields);
        assert_eq!(answer.successors, [(DepartmentId(3), UserId(7))].into());
        assert!(!answer.is_confirmed);
        assert!(answer.successors_in(&[DepartmentId(4)]).is_empty());
    }
}

//! A department's name, the direction in which it is moved, and who takes over when it is deactivated.

use super::deactivate::Destinations;
use super::queries::Department;
use crate::refusal::Snapshot;
use crate::text::has_control_characters;
use crate::text_enum;
use crate::web::Fields;

/// One line, 1 to 60 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    pub const LIMIT: usize = 60;

    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() || has_control_characters(text) {
            return Err("Informe o nome do departamento.");
        }
        if text.chars().count() > Self::LIMIT {
            return Err("Use até 60 caracteres.");
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The department in the words of its form.
pub fn snapshot(department: &Department) -> Snapshot {
    Snapshot::default().text("name", "Nome", &department.name)
}

impl Destinations {
    pub fn read(form: &Fields) -> Self {
        let chosen = |name| form.get(name).parse().ok();
        Self { channels: chosen("channels_to"), work: chosen("work_to") }
    }
}

text_enum! {
    /// The direction in which a department is moved in the company's order.
    pub enum Direction {
        Up = "up",
        Down = "down",
    }
}

impl Direction {
    /// `ids` with `id` moved by one place. The first cannot move up, nor the last down.
    pub fn applied<T: Copy + PartialEq>(self, mut ids: Vec<T>, id: T) -> Vec<T> {
        let Some(at) = ids.iter().position(|one| *one == id) else { return ids };
        match self {
            Self::Up if at > 0 => ids.swap(at, at - 1),
            Self::Down if at + 1 < ids.len() => ids.swap(at, at + 1),
            _ => {}
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_goes_one_place_at_a_time() {
        assert_eq!(Direction::Up.applied(vec![1, 2, 3], 3), [1, 3, 2]);
        assert_eq!(Direction::Down.applied(vec![1, 2, 3], 1), [2, 1, 3]);
        assert_eq!(Direction::Up.applied(vec![1, 2, 3], 1), [1, 2, 3]);
        assert_eq!(Direction::Down.applied(vec![1, 2, 3], 3), [1, 2, 3]);
        assert_eq!(Direction::Down.applied(vec![1, 2, 3], 9), [1, 2, 3]);
    }
}

//! Merges the changes of two users who edit one schedule at the same time, field by field.
//!
//! A form carries the values that it was opened with. A field that this user did not touch takes the other
//! user's value. The user is asked only about fields that both changed. Fields that depend on each other form
//! one part: a contact with its person and channel, an attendant with the department.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::refusal::{Merge, Versions};
use crate::schedules::changes::Field;
use crate::schedules::form::ScheduleInput;
use crate::text_enum;

text_enum! {
    /// A part of the form that is merged as a whole. Its name is that of its first field; the order is that
    /// of the form.
    #[derive(PartialOrd, Ord)]
    pub enum Part {
        Contact = "contact_id",
        Attendance = "department_id",
        Action = "action",
        Due = "due_at",
        Message = "message",
        Files = "files",
        Comment = "comment",
    }
}

impl Part {
    pub fn label(self) -> &'static str {
        match self {
            Self::Contact => "Contato",
            Self::Attendance => "Departamento e atendente",
            Self::Action => "Ação",
            Self::Due => "Data e hora",
            Self::Message => "Mensagem",
            Self::Files => "Arquivos",
            Self::Comment => "Comentário",
        }
    }

    /// The part that a field belongs to. The spacing exemption is in no form.
    pub fn of(field: Field) -> Option<Self> {
        match field {
            Field::Person | Field::Contact | Field::Channel => Some(Self::Contact),
            Field::Department | Field::Attendant => Some(Self::Attendance),
            Field::Action => Some(Self::Action),
            Field::DueAt => Some(Self::Due),
            Field::Message => Some(Self::Message),
            Field::Files => Some(Self::Files),
            Field::Comment => Some(Self::Comment),
            Field::Spacing => None,
        }
    }
}

/// The values that a form was opened with. The form carries them in a hidden field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// The version that was opened.
    pub version: i32,
    /// The company's time zone in which the due time was shown.
    #[serde(default)]
    pub zone: String,
    /// The values of each part. A part that both users changed keeps its values from before.
    parts: BTreeMap<String, Vec<String>>,
}

impl Original {
    /// Parses what a form sent; empty if it is invalid.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub fn of(typed: &ScheduleInput, version: i32) -> Self {
        let part = |part: &Part| (part.as_str().to_owned(), typed.part(*part));
        Self { version, zone: typed.zone.clone(), parts: Part::ALL.iter().map(part).collect() }
    }

    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The text of a part that has only one, such as the message.
    pub fn first(&self, part: Part) -> Option<&str> {
        self.parts.get(part.as_str())?.first().map(String::as_str)
    }
}

/// A form that includes another user's changes.
pub struct Merged {
    pub typed: ScheduleInput,
    /// Parts that both users changed: the form keeps what this user typed.
    pub both: Vec<Part>,
    /// What the form was opened with.
    pub original: Original,
}

impl Merged {
    /// Merges another user's changes into `typed`. `theirs` is what the schedule holds now.
    pub fn of(mut typed: ScheduleInput, theirs: &ScheduleInput) -> Self {
        let original = Original::read(&typed.original);
        let mut next = original.clone();
        next.zone.clone_from(&theirs.zone);
        typed.zone.clone_from(&theirs.zone);
        let Merge { taken, both } = Merge::of(Part::ALL.iter().map(|part| {
            let opened = original.parts.get(part.as_str()).cloned();
            (*part, Versions { opened, own: typed.part(*part), saved: theirs.part(*part) })
        }));
        for part in taken {
            typed.replace_part(part, theirs);
        }
        for part in Part::ALL.iter().filter(|part| !both.contains(part)) {
            next.parts.insert(part.as_str().to_owned(), theirs.part(*part));
        }
        typed.original = next.text();
        Self { typed, both, original }
    }
}

impl ScheduleInput {
    /// The version that the form was opened with, even if it has shown newer ones since.
    pub fn opened_version(&self) -> i32 {
        match Original::read(&self.original).version {
            0 => self.version.parse().unwrap_or(0),
            version => version,
        }
    }

    /// Whether each part had the values of `other` when the form was opened.
    pub fn was_opened_as(&self, other: &Self) -> bool {
        Original::read(&self.original).parts == Original::of(other, 0).parts
    }

    /// The values of a part, normalized so that equal values mean the same.
    fn part(&self, part: Part) -> Vec<String> {
        let one = |text: &str| vec![text.trim().to_owned()];
        match part {
            Part::Contact => {
                vec![self.person_id.clone(), self.contact_id.clone(), self.channel_id.clone()]
            }
            Part::Attendance => vec![self.department_id.clone(), self.attendant_id.clone()],
            Part::Action => one(&self.action),
            Part::Due => self.due_part().into(),
            Part::Message => one(&self.message),
            Part::Files => {
                let mut ids = self.files.clone();
                ids.sort_unstable();
                ids.iter().map(ToString::to_string).collect()
            }
            Part::Comment => one(&self.comment),
        }
    }

    /// Replaces a part by the values of another form.
    pub fn replace_part(&mut self, part: Part, other: &Self) {
        match part {
            Part::Contact => {
                self.person_id.clone_from(&other.person_id);
                self.contact_id.clone_from(&other.contact_id);
                self.channel_id.clone_from(&other.channel_id);
            }
            Part::Attendance => {
                self.department_id.clone_from(&other.department_id);
                self.attendant_id.clone_from(&other.attendant_id);
            }
            Part::Action => self.action.clone_from(&other.action),
            Part::Due => {
                self.when.clone_from(&other.when);
                self.when_read.clone_from(&other.when_read);
                self.due_at.clone_from(&other.due_at);
                self.due_shown.clone_from(&other.due_shown);
                self.due_fold.clone_from(&other.due_fold);
            }
            Part::Message => self.message.clone_from(&other.message),
            Part::Files => self.files.clone_from(&other.files),
            Part::Comment => self.comment.clone_from(&other.comment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(message: &str, due_at: &str) -> ScheduleInput {
        ScheduleInput { message: message.into(), due_at: due_at.into(), ..ScheduleInput::default() }
    }

    fn opened(message: &str, due_at: &str) -> ScheduleInput {
        let typed = form(message, due_at);
        ScheduleInput { original: Original::of(&typed, 1).text(), ..typed }
    }

    #[test]
    fn untouched_fields_take_the_other_users_value() {
        let mine = ScheduleInput { message: "meu".into(), ..opened("antes", "10:00") };
        let merged = Merged::of(mine, &form("antes", "11:00"));
        assert_eq!((merged.typed.message.as_str(), merged.typed.due_at.as_str()), ("meu", "11:00"));
        assert!(merged.both.is_empty());
    }

    #[test]
    fn fields_that_both_changed_are_asked_about_until_one_is_chosen() {
        let mine = ScheduleInput { message: "meu".into(), ..opened("antes", "10:00") };
        let theirs = form("outro", "10:00");
        let mut merged = Merged::of(mine, &theirs);
        assert_eq!((merged.typed.message.as_str(), merged.both.as_slice()), ("meu", &[Part::Message][..]));
        let again = Merged::of(merged.typed.clone(), &theirs);
        assert_eq!(again.both, [Part::Message]);
        merged.typed.replace_part(Part::Message, &theirs);
        assert!(Merged::of(merged.typed, &theirs).both.is_empty());
    }

    #[test]
    fn a_third_change_of_an_untouched_field_asks_nothing() {
        let merged = Merged::of(opened("antes", "10:00"), &form("antes", "11:00"));
        let merged = Merged::of(merged.typed, &form("antes", "12:00"));
        assert_eq!((merged.typed.due_at.as_str(), merged.both.len()), ("12:00", 0));
    }

    #[test]
    fn a_form_without_original_values_asks_about_every_difference() {
        let merged = Merged::of(form("meu", "10:00"), &form("outro", "10:00"));
        assert_eq!((merged.typed.message.as_str(), merged.both.as_slice()), ("meu", &[Part::Message][..]));
    }
}

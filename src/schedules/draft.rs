//! A schedule that may be saved, and what must be known to judge one.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::Action;
use crate::clock::Zone;
use crate::files::Attachment;
use crate::ids::{AttachmentId, ContactId, DepartmentId, PersonId, ScheduleId, TicketId, UserId};

/// The ids of a form's selects.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChosenIds {
    pub person: Option<PersonId>,
    pub contact: Option<ContactId>,
    pub department: Option<DepartmentId>,
    pub attendant: Option<UserId>,
    pub ticket: Option<TicketId>,
    pub rescheduled_from: Option<ScheduleId>,
}

/// What is known of the chosen contact, which is not archived, or is the one that an edited schedule has.
#[derive(Clone, Copy, Debug)]
pub struct ChosenContact {
    pub id: ContactId,
    pub person: Option<PersonId>,
    /// Whether its channel is active, and so can carry a message.
    pub is_reachable: bool,
}

/// What the database knows of the records that were chosen.
#[derive(Clone, Debug)]
pub struct Facts {
    pub now: DateTime<Utc>,
    pub zone: Zone,
    pub contact: Option<ChosenContact>,
    /// The chosen person, if not archived, or if an edited schedule has it already.
    pub person: Option<PersonId>,
    pub is_person_archived: bool,
    /// Whether an edited schedule has this contact with this person already: they may have parted since.
    pub keeps_contact: bool,
    /// Whether an edited schedule already sends to this contact, whose channel may be inactive by now.
    pub keeps_channel: bool,
    /// The chosen department, if it is active, or if an edited schedule has it already.
    pub department: Option<DepartmentId>,
    /// The chosen attendant, if active and a member of that department.
    pub attendant: Option<UserId>,
    /// The ticket that the form was opened from, if it is of that contact; who may not read that
    /// contact's conversation cannot name it.
    pub ticket: Option<TicketId>,
    /// The schedule that is planned anew, if it is final and of that contact.
    pub rescheduled_from: Option<ScheduleId>,
    /// Of the files that were sent, those that can go with a schedule of this person.
    pub files: Vec<Attachment>,
}

impl Facts {
    /// Why the chosen person does not fit any more, if so.
    pub fn unfit_person(&self) -> Option<&'static str> {
        let person = self.person?;
        match self.contact {
            _ if self.is_person_archived => Some("Esta pessoa foi arquivada."),
            Some(contact) if contact.person != Some(person) => {
                Some("O contato escolhido não é desta pessoa.")
            }
            _ => None,
        }
    }
}

/// A schedule whose every field is right; only its place in time must still be free.
#[derive(Clone, Debug)]
pub struct Draft {
    pub from_ticket: Option<TicketId>,
    pub rescheduled_from: Option<ScheduleId>,
    pub person: Option<PersonId>,
    pub contact: ContactId,
    pub department: DepartmentId,
    pub attendant: Option<UserId>,
    pub action: Action,
    pub due_at: DateTime<Utc>,
    pub due_local: NaiveDateTime,
    pub zone: Zone,
    pub message: String,
    pub comment: String,
    pub files: Vec<AttachmentId>,
}

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

/// What is known of the chosen contact, which is not archived.
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
    pub person: Option<PersonId>,
    /// The chosen department, if it is active.
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

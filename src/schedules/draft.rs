//! A schedule that is valid, and the facts that are needed to validate one.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::Action;
use crate::channels::ChannelKind;
use crate::clock::Zone;
use crate::files::Attachment;
use crate::ids::{AttachmentId, ChannelId, ContactId, DepartmentId, PersonId, ScheduleId, TicketId, UserId};

/// The ids chosen in a form's selects.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChosenIds {
    pub person: Option<PersonId>,
    pub contact: Option<ContactId>,
    /// `None` for the first channel of the contact.
    pub channel: Option<ChannelId>,
    pub department: Option<DepartmentId>,
    pub attendant: Option<UserId>,
    pub ticket: Option<TicketId>,
    pub rescheduled_from: Option<ScheduleId>,
}

/// The chosen contact. It is not archived, unless the edited schedule already has it.
#[derive(Clone, Copy, Debug)]
pub struct ChosenContact {
    pub id: ContactId,
    pub person: Option<PersonId>,
    /// Whether one of its channels is active.
    pub is_reachable: bool,
}

crate::db::row! {
    /// A channel on which the contact has an address.
    #[derive(Clone, Debug)]
    pub struct ContactChannel {
        pub id: ChannelId,
        pub kind: ChannelKind,
        pub name: String,
        /// Whether it is the contact's first: a schedule stores no channel then.
        pub is_first: bool,
        /// Inactive ones are known only where the edited schedule has them.
        pub is_active: bool,
    }
}

/// What the database says about the chosen records.
#[derive(Clone, Debug)]
pub struct Facts {
    pub now: DateTime<Utc>,
    pub zone: Zone,
    pub contact: Option<ChosenContact>,
    /// The chosen person, if not archived or if the edited schedule already has it.
    pub person: Option<PersonId>,
    pub is_person_archived: bool,
    /// Whether the edited schedule already has this contact with this person: the contact may have left the
    /// person since.
    pub keeps_contact: bool,
    /// The channels that the form offers; the one that worked last comes first.
    pub channels: Vec<ContactChannel>,
    /// Whether the edited schedule already sends to this contact by this channel: it may have become inactive since.
    pub keeps_channel: bool,
    /// The chosen department, if active or if the edited schedule already has it.
    pub department: Option<DepartmentId>,
    /// The chosen attendant, if an active member of that department or if the edited schedule already has
    /// them there.
    pub attendant: Option<UserId>,
    /// The ticket that the form was opened from, if it belongs to that contact and the viewer may read the
    /// contact's conversation.
    pub ticket: Option<TicketId>,
    /// The schedule that this one replaces, if it is final and belongs to that contact.
    pub rescheduled_from: Option<ScheduleId>,
    /// The submitted files that this user may attach to a schedule.
    pub files: Vec<Attachment>,
}

impl Facts {
    /// The channel by which the message goes. A contact with one channel leaves no choice.
    pub fn channel(&self, chosen: Option<ChannelId>) -> Option<&ContactChannel> {
        if let [only] = self.channels.as_slice() {
            return Some(only);
        }
        self.channels.iter().find(|channel| match chosen {
            Some(id) => channel.id == id,
            None => channel.is_first,
        })
    }

    /// Why the chosen person no longer fits, if it does not.
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

/// A schedule whose fields are all valid. Its time must still be checked against the spacing.
#[derive(Clone, Debug)]
pub struct ScheduleDraft {
    pub from_ticket: Option<TicketId>,
    pub rescheduled_from: Option<ScheduleId>,
    pub person: Option<PersonId>,
    pub contact: ContactId,
    /// `None` for the first channel of the contact.
    pub channel: Option<ChannelId>,
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

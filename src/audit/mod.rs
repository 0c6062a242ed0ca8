//! The audit: who did what, when and from where. Rows are only added. The database refuses to change them,
//! and deletes them only when their retention period is over (see `settings::retention`). They hold ids and
//! field names, never a customer's texts.

mod details;
mod filters;
pub mod handlers;
mod queries;
mod refusals;
mod sentences;
mod views;

pub use queries::{Change, newest_about, newest_of, record};
pub use refusals::{RefusalDetails, Refusals, note as note_refusals, note_early as note_early_refusals};
pub use sentences::{Group, history};
use serde_json::Value;

use crate::auth::Account;
use crate::ids::UserId;
use crate::text_enum;

text_enum! {
    /// What happened. The dispatcher writes its own entries in SQL.
    pub enum Action {
        SignedIn = "session.started",
        SignInRefused = "session.refused",
        SignedOut = "session.ended",
        /// Sign-in attempts beyond the limit. This action and the next two are summed up once a minute.
        SignInThrottled = "session.throttled",
        /// Requests that were answered 403.
        AccessRefused = "access.refused",
        /// Requests beyond any other limit.
        LimitReached = "access.limited",
        /// Sessions that their user or another user ended. The subject is the user who was signed in.
        SessionsEnded = "user.sessions_ended",
        UserCreated = "user.created",
        UserNoticesChosen = "user.notices_chosen",
        UserInvited = "user.invited",
        UserEdited = "user.edited",
        UserDeactivated = "user.deactivated",
        UserReactivated = "user.reactivated",
        /// A one-time link for setting a password was made; the next action: it was used.
        AccessLinkMade = "user.link_made",
        AccessLinkUsed = "user.link_used",
        PasswordChanged = "user.password_changed",
        DepartmentCreated = "department.created",
        DepartmentEdited = "department.edited",
        DepartmentMoved = "department.moved",
        DepartmentDeactivated = "department.deactivated",
        DepartmentReactivated = "department.reactivated",
        MemberAdded = "department.member_added",
        MemberRemoved = "department.member_removed",
        ChannelRedirected = "channel.redirected",
        RoleCreated = "role.created",
        RoleEdited = "role.edited",
        RoleDeleted = "role.deleted",
        ScheduleCreated = "schedule.created",
        ScheduleEdited = "schedule.edited",
        ScheduleCancelled = "schedule.cancelled",
        ScheduleCompleted = "schedule.completed",
        ScheduleFailed = "schedule.failed",
        /// A customer opened a ticket. For a ticket that a schedule opens, see `ScheduleCompleted`.
        TicketOpened = "ticket.opened",
        TicketClosed = "ticket.closed",
        /// A person put a message that was not delivered into the queue again, or gave it up.
        MessageRequeued = "message.requeued",
        MessageDiscarded = "message.discarded",
        SettingsEdited = "settings.edited",
        RetentionEdited = "settings.retention_edited",
        /// The first administrator set up an empty installation.
        SetUp = "setup.completed",
        ChannelCreated = "channel.created",
        ChannelEdited = "channel.edited",
        ChannelDeactivated = "channel.deactivated",
        ChannelReactivated = "channel.reactivated",
        ChannelPaused = "channel.paused",
        ChannelResumed = "channel.resumed",
        /// An incoming message that could not be taken is read again.
        ChannelMessageRetried = "channel.message_retried",
        ContactCreated = "contact.created",
        ContactEdited = "contact.edited",
        ContactArchived = "contact.archived",
        ContactRestored = "contact.restored",
        ContactLinkRevoked = "contact.link_revoked",
        /// The customer or a user ended the access of browsers that had opened the contact's link.
        ContactAccessesEnded = "contact.accesses_ended",
        ContactExported = "contact.exported",
        ContactAnonymised = "contact.anonymised",
        /// Two contacts became one, or one became two again. Each contact has an entry that names the other.
        ContactMerged = "contact.merged",
        ContactSeparated = "contact.separated",
        PersonCreated = "person.created",
        PersonEdited = "person.edited",
        PersonArchived = "person.archived",
        PersonRestored = "person.restored",
        /// Also anonymises the contacts that belong only to this person: see `contacts`.
        PersonAnonymised = "person.anonymised",
        ImportConfirmed = "import.confirmed",
        ImportCancelled = "import.cancelled",
        ImportFinished = "import.finished",
        TicketHandedOver = "ticket.handed_over",
        /// A list was downloaded as a file. The entry keeps the filter, but not the search words.
        SchedulesExported = "export.schedules",
        AuditExported = "export.audit",
        ContactsExported = "export.contacts",
    }
}

/// A row to add.
#[derive(Clone, Debug)]
pub struct Entry {
    action: Action,
    actor: Option<UserId>,
    subject: Option<i64>,
    details: Value,
    ip: String,
}

impl Entry {
    pub fn of(action: Action) -> Self {
        Self {
            action,
            actor: None,
            subject: None,
            details: Value::Object(Default::default()),
            ip: String::new(),
        }
    }

    /// Done by `account`, from the address that its request came from.
    pub fn by(self, account: &Account) -> Self {
        Self { actor: Some(account.id), ip: account.ip.clone(), ..self }
    }

    /// Done by a user outside of a request of theirs.
    pub fn by_user(self, actor: UserId) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// The id of the record that the action concerns.
    pub fn about(self, subject: Option<i64>) -> Self {
        Self { subject, ..self }
    }

    pub fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// Done by a visitor without an account.
    pub fn from(self, ip: &str) -> Self {
        Self { ip: ip.to_owned(), ..self }
    }
}

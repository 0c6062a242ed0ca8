//! The audit: who did what, when and from where. Rows are only ever added; the database refuses
//! to change them, and lets them go only when they are older than they must be kept (see `retention`). They hold ids and field names, never a customer's texts.

mod details;
mod filters;
mod handlers;
mod queries;
mod refusals;
mod sentences;
mod views;

pub use queries::{Change, newest_about, newest_of, record};
pub use refusals::{Refusals, Refused, note as note_refusals, note_early as note_early_refusals};
pub use sentences::{Group, history};
use serde_json::Value;

use crate::ids::UserId;
use crate::text_enum;
use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/audit", handlers::index),
        Route::get("/audit/people", handlers::people),
        Route::get("/audit/export", handlers::export),
    ]
}

text_enum! {
    /// What happened. The dispatcher's own entries are written by its SQL.
    pub enum Action {
        SignedIn = "session.started",
        SignInRefused = "session.refused",
        SignedOut = "session.ended",
        /// Summed up by the minute, as the two after it: tries to sign in beyond the limit.
        SignInThrottled = "session.throttled",
        /// Requests that were answered 403.
        AccessRefused = "access.refused",
        /// Requests beyond another limit.
        LimitReached = "access.limited",
        /// Sessions ended by their user or somebody else: the subject is the user.
        SessionsEnded = "user.sessions_ended",
        UserCreated = "user.created",
        UserNoticesChosen = "user.notices_chosen",
        UserInvited = "user.invited",
        UserEdited = "user.edited",
        UserDeactivated = "user.deactivated",
        UserReactivated = "user.reactivated",
        /// A one-time link to a new password was made, and used.
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
        /// By a customer: what a schedule opens is told by its completion.
        TicketOpened = "ticket.opened",
        TicketClosed = "ticket.closed",
        SettingsEdited = "settings.edited",
        RetentionEdited = "settings.retention_edited",
        /// An empty installation became a company, by its first administrator.
        SetUp = "setup.completed",
        ChannelCreated = "channel.created",
        ChannelEdited = "channel.edited",
        ChannelDeactivated = "channel.deactivated",
        ChannelReactivated = "channel.reactivated",
        ContactCreated = "contact.created",
        ContactEdited = "contact.edited",
        ContactArchived = "contact.archived",
        ContactRestored = "contact.restored",
        ContactLinkRevoked = "contact.link_revoked",
        /// Browsers that came by the contact's link were shut out, by the customer or by somebody else.
        ContactAccessesEnded = "contact.accesses_ended",
        ContactExported = "contact.exported",
        ContactAnonymised = "contact.anonymised",
        PersonCreated = "person.created",
        PersonEdited = "person.edited",
        PersonArchived = "person.archived",
        PersonRestored = "person.restored",
        /// With the contacts that only she had: see contacts.
        PersonAnonymised = "person.anonymised",
        ImportConfirmed = "import.confirmed",
        ImportCancelled = "import.cancelled",
        ImportFinished = "import.finished",
        TicketHandedOver = "ticket.handed_over",
        /// Lists that somebody took as a file, with the filter; what was searched for is not kept.
        SchedulesExported = "export.schedules",
        AuditExported = "export.audit",
        ContactsExported = "export.contacts",
    }
}

/// One row to add.
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

    pub fn by(self, actor: UserId) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// The id of the record that the action is named after.
    pub fn about(self, subject: Option<i64>) -> Self {
        Self { subject, ..self }
    }

    pub fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    pub fn from(self, ip: &str) -> Self {
        Self { ip: ip.to_owned(), ..self }
    }
}

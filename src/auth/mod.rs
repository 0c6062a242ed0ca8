//! Sign-in, sessions, permissions.
//!
//! A user signs in with e-mail address and password. A session is a random token in a cookie. It ends after
//! 12 idle hours, after 7 days, at sign-out, and when the user is deactivated. Permissions are read from the
//! database for every request. The types in a handler's signature say who may call it: [`Viewer`] (signed
//! in), [`Can`] (has a permission), [`Attendant`] (attends tickets), [`SignedIn`] (signed in, only the id is
//! read), [`Anyone`] (public page).

mod devices;
pub mod passwords;
mod permission;
mod prefetch;
mod queries;
mod recognition;
pub mod sessions;
mod signed_in;
pub mod throttle;
mod viewer;

pub use crate::web::Anyone;
pub use devices::{Devices, KnownDevice};
pub use permission::{
    AttendTickets, ExportContacts, ManageChannels, ManageContacts, ManageDepartments, ManageRoles,
    ManageSchedules, ManageSettings, ManageUsers, Permission, Permissions, ReadAudit, ReadContacts, Requires,
};
pub use prefetch::{Companion, prefetch_account, take_companion};
pub use queries::{account_tables, credentials, has_permission};
pub use recognition::mark_connection;
pub use signed_in::SignedIn;
pub use viewer::{Account, Attendant, Can, Viewer};

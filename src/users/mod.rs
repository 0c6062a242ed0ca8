//! Users: the people who sign in. An attendant ("atendente") is a user who belongs to departments.
//!
//! A user is invited by a one-time link, and becomes active by choosing a password. Users are deactivated and
//! reactivated but never deleted, because schedules, tickets and the audit name them. Outside this folder, an
//! invited user counts as inactive. A link can also reset a password. It expires after 48 hours, after its
//! use, and when a newer link is made.
//!
//! A user who manages users cannot gain permissions by doing so (see [`EditorRights`]):
//! - Some permissions can be granted by administrators only. Accounts and roles that hold them can be changed
//!   by administrators only.
//! - Nobody grants a role that has a permission which they lack. Nobody makes a link for, changes the e-mail
//!   address of, ends the sessions of, or reactivates an account that has more permissions or reads more
//!   conversations than theirs.
//! - The maker of a link can see it, and so could use it. So the users whom an editor let in are added only
//!   to the editor's own departments, unless the editor attends all tickets.
//! - Nobody changes their own role or deactivates themselves, and the last active administrator stays.
//!
//! Deactivating a user ends their sessions. A page first shows their pending schedules and open tickets,
//! which can be handed over in the same step. Otherwise the tickets go back to the queues, and so do tickets
//! that the schedules open later. A page also asks when a user leaves a department in which they have work;
//! there, schedules that nobody takes over stay with the user.

pub mod access;
pub mod access_link;
mod account;
mod create_administrator;
mod deactivate;
pub mod deactivation;
mod editor_rights;
mod end_sessions;
mod form;
pub mod handlers;
mod invite;
mod make_link;
mod queries;
mod reactivate;
pub mod reactivation;
mod redeem_link;
pub mod sessions;
mod token;
mod update;
mod views;

pub use account::{Name, NewAccount};
pub use create_administrator::create_administrator;
pub use editor_rights::EditorRights;
pub use end_sessions::{end_all_sessions, end_session};
pub use queries::{
    CHOICE_LABEL, INACTIVE_LABEL, OpenSession, STANDING, Standing, any_exist, exists, name_of, open_sessions,
    revoke_link, set_password, was_invited_by,
};
pub use token::{HOURS as LINK_HOURS, Token};
pub use views::SessionList;

const USER_DEACTIVATED: &str = "Atendente desativado.";

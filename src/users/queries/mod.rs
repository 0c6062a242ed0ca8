//! SQL of users: `list`, `user` (one user and their form), `changes` (what the audit says about them), `links` (for
//! choosing a password), `sessions`, and `first_user` of an installation.

mod changes;
mod first_user;
mod links;
mod list;
mod sessions;
mod user;

pub use changes::changes;
pub use first_user::{any_exist, exists, insert_administrator};
pub use links::{Invited, accept, find_link, replace_link, revoke_link, set_password, use_link};
pub use list::{Filter, Row, page};
pub use sessions::{OpenSession, end_sessions, open_sessions};
pub use user::{
    CHOICE_LABEL, Department, INACTIVE_LABEL, Role, STANDING, Standing, User, deactivate, departments, find,
    form_context, insert, lock, may_take_over, name_of, reactivate, roles, set_departments, update,
    was_invited_by,
};

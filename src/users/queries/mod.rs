//! SQL of users.

mod departure;
mod founding;
mod links;
mod list;
mod one;
mod sessions;

pub use departure::{Candidate, Held, attends, candidates, deactivate, held, reactivate};
pub use founding::{are_there, create_administrator, is_there};
pub use links::{Invited, accept, find_link, make_link, revoke_link, set_password, use_link};
pub use list::{Filter, Row, page};
pub use one::{
    Department, Role, Standing, User, departments, facts, find, insert, lock, roles, set_departments, update,
};
pub use sessions::{OpenSession, end_sessions, open_sessions};

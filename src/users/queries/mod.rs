//! SQL of users.

mod changes;
mod departure;
mod founding;
mod links;
mod list;
mod one;
mod sessions;

pub use changes::changes;
pub use departure::{deactivate, reactivate};
pub use founding::{are_there, create_administrator, is_there};
pub use links::{Invited, accept, find_link, make_link, revoke_link, set_password, use_link};
pub use list::{Filter, Row, page};
pub use one::{
    ABSENCE, Department, NAME_IN_A_CHOICE, Role, STANDING, Standing, User, departments, facts, find, insert,
    lock, may_take_over, name_of, roles, set_departments, update, was_let_in_by,
};
pub use sessions::{OpenSession, end_sessions, open_sessions};

//! SQL of departments.

mod departure;
mod list;
mod members;

pub use departure::{
    Channel, Other, active_others, channels, deactivate, enrol_attendants, lock_all, lock_leaving, opening,
    reactivate, redirect,
};
pub use list::{Department, Line, MOST_COUNTED, all, find, find_for_update, insert, rename, set_order};
pub use members::{Candidate, Member, add, candidates, is_member, members, remove};

//! SQL of departments.

mod departure;
mod list;
mod members;

pub use departure::{
    Channel, Other, active_others, channels, deactivate, enrol_attendants, first_queues, lock_all,
    lock_leaving, opening, reached_by, reactivate, redirect, would_go_along,
};
pub use list::{Department, Line, MOST_COUNTED, all, find, find_for_update, insert, rename, set_order};
pub use members::{Candidate, Member, add, candidates, is_member, members, remove};

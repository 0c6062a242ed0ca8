//! SQL of departments: `list` (and a single department), `members`, and `deactivation`.

mod deactivation;
mod list;
mod members;

pub use deactivation::{
    Channel, Other, active_others, attendants_to_enrol, channels, count_ticket_schedules, deactivate,
    default_departments_except, departments_accessible_to, enrol_attendants, lock_all, lock_for_deactivation,
    reactivate, redirect,
};
pub use list::{COUNT_LIMIT, Department, Line, all, find, find_for_update, insert, rename, set_order};
pub use members::{Candidate, Member, add, candidates, is_member, members, remove};

//! SQL of people.

mod list;
mod one;

pub use list::{Filter, Row, page};
pub use one::{
    Detail, Member, Namesake, add, chosen, create, detail, lock, members, namesakes, pending, remove, rename,
    set_archived,
};

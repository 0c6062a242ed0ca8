//! SQL of people.

mod list;
mod one;

pub use list::{Filter, Row, page};
pub use one::{
    CONTACTS, Detail, Member, Namesake, add, chosen, count_members, create, detail, lock, members, namesakes,
    pending, remove, rename, set_archived,
};

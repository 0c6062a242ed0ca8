//! SQL of imports.

mod pages;
mod staging;
mod taking;

pub use pages::{Import, Preview, find, find_for_update, kind_of, preview, recent, refused};
pub use staging::{add_lines, count, create, forget_old, refuse_impossible};
pub use taking::{
    Claimed, Match, add_counts, cancel, claim, confirm, create_contacts, defer, finish, forget, people,
    refuse, update_contacts, waiting, waiting_line,
};

//! SQL of imports.

mod pages;
mod staging;
mod taking;
mod writing;

pub use pages::{Import, Preview, find, find_for_update, kind_of, preview, recent, refused, remarked};
pub use staging::{
    add_lines, clear_lines, content, create, directory, drop_file, finish_mapping, forget_old,
};
pub use taking::{
    Claimed, Match, add_counts, cancel, claim, confirm, defer, finish, forget, refuse, waiting, waiting_line,
};
pub use writing::{create_contacts, people, update_contacts};

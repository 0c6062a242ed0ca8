//! SQL of imports, in the order in which an import goes: `staging` (upload and columns), `matching` (which contact a
//! line means), `progress` (the next lines), `writing` (contacts and people), and `pages` (what users see of it).

mod matching;
mod pages;
mod progress;
mod staging;
mod writing;

pub use pages::{
    Import, ImportLine, find, find_for_update, first_lines, kind_of, lines_with_remarks, recent,
    refused_lines,
};
pub use progress::{
    LockedImport, WaitingLine, add_counts, cancel, claim, confirm, defer, delete_lines, finish, set_problem,
    waiting, waiting_line,
};
pub use staging::{
    add_lines, create, delete_all_lines, delete_file, delete_old, directory, file_content, finish_mapping,
};
pub use writing::{create_contacts, people, update_contacts};

//! The demonstration company with a large amount of data, to check that every page stays fast: a million
//! schedules from two years ago to sixty days ahead, with all the rows that the product would have written
//! for them. Names are combined from lists of common names. The spacing is set to 0, because a
//! million schedules would not fit otherwise.
//!
//! Each step is one SQL file; all steps run in one transaction. Meanwhile the indexes and foreign keys of the
//! largest tables are dropped: creating them again at the end is faster, and checks every row.

use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::queries;
use crate::error::Result;

/// The amounts to load. There is one person per five contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub schedules: u32,
    pub contacts: u32,
    /// At least one per recipient that a schedule must notify, at most six.
    pub notifications: u32,
    /// How many of ten schedules only notify: they open no ticket and send no message.
    pub reminders: u32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { schedules: 1_000_000, contacts: 100_000, notifications: 2_000_000, reminders: 2 }
    }
}

/// Why nothing was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The database is in use: it has users of its own.
    NotEmpty,
    /// The large demonstration is already loaded.
    LoadedBefore,
    /// Too many schedules per contact, no schedules, or more than ten in ten only notify.
    Sizes,
}

/// Maximum schedules per contact. With more, their tickets would overlap.
const PER_CONTACT: u32 = 50;

const STEPS: &[(&str, &str)] = &[
    ("departments and attendants", include_str!("1_company.sql")),
    ("people and contacts", include_str!("2_contacts.sql")),
    ("dropping indexes", include_str!("3_drop_indexes.sql")),
    ("schedules", include_str!("4_schedules.sql")),
    ("tickets", include_str!("5_tickets.sql")),
    ("messages", include_str!("6_messages.sql")),
    ("notifications", include_str!("7_notifications.sql")),
    ("history", include_str!("8_history.sql")),
    ("audit", include_str!("9_audit.sql")),
    ("creating indexes", include_str!("10_create_indexes.sql")),
];

/// Creates the demonstration if it is missing, and makes it large. Calls `progress` before each step.
pub fn load(
    conn: &mut PgConnection,
    sizes: Sizes,
    mut progress: impl FnMut(&str),
) -> Result<std::result::Result<(), Refusal>> {
    if sizes.reminders > 10
        || sizes.schedules == 0
        || sizes.contacts < 100
        || sizes.schedules / PER_CONTACT > sizes.contacts
    {
        return Ok(Err(Refusal::Sizes));
    }
    if !super::fill(conn)? && !queries::has_only_demo_users(conn)? {
        return Ok(Err(Refusal::NotEmpty));
    }
    if queries::is_large(conn)? {
        return Ok(Err(Refusal::LoadedBefore));
    }
    let begin = Instant::now();
    conn.transaction(|conn| -> Result<()> {
        queries::begin_large(conn, sizes)?;
        for (name, sql) in STEPS {
            progress(&format!("{:>4} s  {name}", begin.elapsed().as_secs()));
            conn.batch_execute(sql)?;
        }
        Ok(())
    })?;
    progress(&format!("{:>4} s  statistics", begin.elapsed().as_secs()));
    conn.batch_execute("SET statement_timeout = 0")?;
    conn.batch_execute("VACUUM ANALYZE")?;
    progress(&format!("{:>4} s  done", begin.elapsed().as_secs()));
    Ok(Ok(()))
}

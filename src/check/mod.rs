//! `pontual check`: checks a live database against the invariants.
//!
//! The numbers are those of the product's list of invariants. These are left out:
//!
//! - 13: the ledgers of receivers, which are not rows. 14 is part of 17.
//! - 15 and 21: clients' acknowledgements and logs, which are not rows.
//! - 20: a stored unread count. The count is computed when it is shown.
//!
//! 18 is about the ids that services give to customers' messages, and the key that a customer's page generates.
//!
//! The expected recipients are those that the history recorded at dispatch, because users and departments
//! change afterwards. After the retention job has deleted the history, the check only knows that somebody
//! was notified.

mod files;
mod invariants;

use std::collections::BTreeMap;
use std::fmt;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;

pub use invariants::{INVARIANTS, Invariant};

use crate::db;
use crate::error::Result;
use crate::files::Files;

/// The number of the invariant that also covers files.
const FILES_INVARIANT: u8 = 17;

/// Maximum offenders named per line; the rest are only counted.
const MAX_NAMED: usize = 20;

/// A record, or a file, that breaks an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offender {
    /// The kind of record, such as `schedule`.
    pub subject: String,
    pub id: String,
}

db::row! {
    struct OffenderRow {
        subject: String,
        id: i64,
    }
}

/// The result of one invariant.
pub struct Finding {
    pub invariant: &'static Invariant,
    pub offenders: Vec<Offender>,
}

impl Finding {
    pub fn is_ok(&self) -> bool {
        self.offenders.is_empty()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invariant { number, sentence, .. } = self.invariant;
        if self.is_ok() {
            return write!(f, "ok   {number:>2} {sentence}");
        }
        write!(f, "FAIL {number:>2} {sentence}: ")?;
        let mut by_subject: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for offender in self.offenders.iter().take(MAX_NAMED) {
            by_subject.entry(&offender.subject).or_default().push(&offender.id);
        }
        let named: Vec<_> =
            by_subject.iter().map(|(subject, ids)| format!("{subject} {}", ids.join(", "))).collect();
        f.write_str(&named.join("; "))?;
        match self.offenders.len().saturating_sub(MAX_NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Checks every invariant on one snapshot of the database.
pub fn run(conn: &mut PgConnection) -> Result<Vec<Finding>> {
    conn.build_transaction().read_only().repeatable_read().run(|conn| {
        conn.batch_execute("SET LOCAL statement_timeout = 0")?;
        INVARIANTS
            .iter()
            .map(|invariant| {
                // SQL text: one file per invariant, which can also be run by hand.
                let rows: Vec<OffenderRow> = db::replanned(invariant.sql).load(conn)?;
                let named = |row: OffenderRow| Offender { subject: row.subject, id: row.id.to_string() };
                let offenders = rows.into_iter().map(named).collect();
                Ok(Finding { invariant, offenders })
            })
            .collect()
    })
}

/// Like [`run`], and also compares the stored files with their rows (invariant 17).
pub async fn run_with_files(conn: &mut PgConnection, store: &Files) -> Result<Vec<Finding>> {
    let mut findings = run(conn)?;
    let offenders = files::compare(conn, store).await?;
    if let Some(of_files) = findings.iter_mut().find(|finding| finding.invariant.number == FILES_INVARIANT) {
        of_files.offenders.extend(offenders);
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ids: std::ops::Range<i64>) -> String {
        let offenders = ids.map(|id| Offender { subject: "schedule".into(), id: id.to_string() }).collect();
        Finding { invariant: &INVARIANTS[6], offenders }.to_string()
    }

    #[test]
    fn a_line_names_what_breaks_the_invariant() {
        assert_eq!(line(0..0), "ok    7 No contact has two open tickets");
        assert_eq!(line(12..14), "FAIL  7 No contact has two open tickets: schedule 12, 13");
        assert!(line(0..23).ends_with("18, 19 and 3 more"));
    }
}

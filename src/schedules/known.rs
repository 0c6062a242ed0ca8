//! What pages of the list and the calendar have in common, read again only after a change.

use diesel::pg::PgConnection;

use super::calendar::{self, Cell, Load};
use super::list::{self, Attendant, Counts, Filters, Narrowed, Options};
use crate::db::{Changes, Remembered};
use crate::error::Result;
use crate::ids::UserId;

/// One for each process. What a search finds is not kept: hardly anybody asks for the same again.
pub struct Known {
    options: Remembered<Vec<UserId>, Options>,
    counts: Remembered<Narrowed, Counts>,
    loads: Remembered<(Narrowed, Vec<Cell>), Vec<Load>>,
}

impl Known {
    pub fn new(changes: &Changes) -> Self {
        Self {
            options: Remembered::new(changes.clone()),
            counts: Remembered::new(changes.clone()),
            loads: Remembered::new(changes.clone()),
        }
    }

    /// What `filters` can be changed to.
    ///
    /// # Errors
    /// The database is unreachable.
    pub fn options(&self, conn: &mut PgConnection, filters: &Filters) -> Result<Options> {
        let attendant = match filters.attendant {
            Some(Attendant::User(id)) => Some(id),
            _ => None,
        };
        let chosen: Vec<UserId> = attendant.into_iter().chain(filters.creator).collect();
        self.options.get(chosen.clone(), || list::options(conn, &chosen))
    }

    /// How many there are in each situation.
    ///
    /// # Errors
    /// The database is unreachable.
    pub fn counts(&self, conn: &mut PgConnection, narrowed: &Narrowed) -> Result<Counts> {
        let all = narrowed.of_all();
        if all.is_searched() {
            return list::counts(conn, &all);
        }
        self.counts.get(all.clone(), || list::counts(conn, &all))
    }

    /// How many there are in each cell, by situation.
    ///
    /// # Errors
    /// The database is unreachable.
    pub fn loads(&self, conn: &mut PgConnection, narrowed: &Narrowed, cells: &[Cell]) -> Result<Vec<Load>> {
        if narrowed.is_searched() {
            return calendar::loads(conn, narrowed, cells);
        }
        let key = (narrowed.clone(), cells.to_vec());
        self.loads.get(key, || calendar::loads(conn, narrowed, cells))
    }
}

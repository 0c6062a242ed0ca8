//! What pages of the list and the calendar have in common, read again only after a change.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use diesel::pg::PgConnection;

use super::calendar::{self, Cell, Load};
use super::list::{self, Attendant, Counts, Filters, Found, Narrowed, Options};
use crate::db::{Changes, Remembered};
use crate::error::Result;
use crate::ids::{ScheduleId, UserId};
use crate::web::Search;

/// The header by which an open page says that it follows changes by itself.
const REFRESH: &str = "pontual-refresh";

/// So long an open page is content with what a search found before.
const CONTENT: Duration = Duration::from_secs(30);

/// How many searches are kept before all are forgotten.
const MOST_SEARCHES: usize = 200;

/// One for each process. What somebody searches for is looked up each time; only pages that follow changes by
/// themselves take what was found shortly before, with what was saved since.
pub struct Known {
    options: Remembered<Vec<UserId>, Options>,
    counts: Remembered<Narrowed, Counts>,
    loads: Remembered<(Narrowed, Vec<Cell>), Vec<Load>>,
    searches: Mutex<HashMap<String, Searched>>,
}

/// What a search found.
#[derive(Clone)]
struct Searched {
    at: Instant,
    found: Found,
    /// The newest schedule there was.
    last: ScheduleId,
}

impl Known {
    pub fn new(changes: &Changes) -> Self {
        Self {
            options: Remembered::new(changes.clone()),
            counts: Remembered::new(changes.clone()),
            loads: Remembered::new(changes.clone()),
            searches: Mutex::default(),
        }
    }

    /// Whether an open page asks by itself.
    pub fn is_refresh(request: &HttpRequest) -> bool {
        request.headers().contains_key(REFRESH)
    }

    /// What a search finds; `None` if nothing was typed.
    pub fn found(&self, conn: &mut PgConnection, typed: &str, is_refresh: bool) -> Result<Option<Found>> {
        let Some(search) = Search::parse(typed) else { return Ok(None) };
        let is_recent = |searched: &&Searched| is_refresh && searched.at.elapsed() < CONTENT;
        let known = self.searches().get(typed).filter(is_recent).cloned();
        if let Some(Searched { found, last, .. }) = known {
            return Ok(Some(match found {
                Found::These(ids) => Found::These([ids, list::added(conn, &search, last)?].concat()),
                found => found,
            }));
        }
        let (at, last) = (Instant::now(), list::newest(conn)?);
        let found = list::find(conn, &search)?;
        let mut searches = self.searches();
        if searches.len() >= MOST_SEARCHES {
            searches.clear();
        }
        searches.insert(typed.to_owned(), Searched { at, found: found.clone(), last });
        Ok(Some(found))
    }

    fn searches(&self) -> std::sync::MutexGuard<'_, HashMap<String, Searched>> {
        self.searches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `filters` can be changed to.
    pub fn options(&self, conn: &mut PgConnection, filters: &Filters) -> Result<Options> {
        let attendant = match filters.attendant {
            Some(Attendant::User(id)) => Some(id),
            _ => None,
        };
        let chosen: Vec<UserId> = attendant.into_iter().chain(filters.creator).collect();
        self.options.get(chosen.clone(), || list::options(conn, &chosen))
    }

    /// How many there are in each situation.
    pub fn counts(&self, conn: &mut PgConnection, narrowed: &Narrowed) -> Result<Counts> {
        let all = narrowed.of_all();
        if all.is_searched() {
            return list::counts(conn, &all);
        }
        self.counts.get(all.clone(), || list::counts(conn, &all))
    }

    /// How many there are in each cell, by situation.
    pub fn loads(&self, conn: &mut PgConnection, narrowed: &Narrowed, cells: &[Cell]) -> Result<Vec<Load>> {
        if narrowed.is_searched() {
            return calendar::loads(conn, narrowed, cells);
        }
        let key = (narrowed.clone(), cells.to_vec());
        self.loads.get(key, || calendar::loads(conn, narrowed, cells))
    }
}

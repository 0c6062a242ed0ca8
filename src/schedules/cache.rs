//! Caches what pages of the list and the calendar have in common. It is read again only after a change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use diesel::pg::PgConnection;

use super::calendar::{self, Cell, CellCount};
use super::list::{
    self, Attendant, Counts, FilterOptions, FilterValues, Filters, SearchResult, Sort, TextSample, Words,
};
use crate::db::{Cache, Changes, Search};
use crate::error::{Error, Result};
use crate::ids::{ScheduleId, UserId};

/// The header that an open page sends when it refreshes itself.
const REFRESH: &str = "pontual-refresh";

/// How long the result of a search may be reused when an open page refreshes itself.
const SEARCH_MAX_AGE: Duration = Duration::from_secs(30);

/// How long a sample of the texts may be used. It only tells in which way to search.
const SAMPLE_MAX_AGE: Duration = Duration::from_secs(600);

/// Maximum cached searches; then all are dropped.
const MAX_SEARCHES: usize = 200;

/// One per process. A search by a user is always run. Only a page that refreshes itself gets the recent
/// result, together with schedules that were saved since.
pub struct ListCache {
    options: Cache<Vec<UserId>, FilterOptions>,
    counts: Cache<FilterValues, Counts>,
    cell_counts: Cache<(FilterValues, Vec<Cell>), Vec<CellCount>>,
    searches: Mutex<HashMap<String, Searched>>,
    sample: Mutex<Option<(Instant, Arc<TextSample>)>>,
}

/// The result of a search.
#[derive(Clone)]
struct Searched {
    at: Instant,
    found: SearchResult,
    /// The newest schedule when the search ran.
    last: ScheduleId,
}

impl ListCache {
    pub fn new(changes: &Changes) -> Self {
        Self {
            options: Cache::new(changes.clone()),
            counts: Cache::new(changes.clone()),
            cell_counts: Cache::new(changes.clone()),
            searches: Mutex::default(),
            sample: Mutex::default(),
        }
    }

    /// Whether an open page is refreshing itself.
    pub fn is_refresh(request: &HttpRequest) -> bool {
        request.headers().contains_key(REFRESH)
    }

    /// The result of a search; `None` if nothing was typed.
    pub fn search(
        &self,
        conn: &mut PgConnection,
        typed: &str,
        is_refresh: bool,
    ) -> Result<Option<SearchResult>> {
        let Some(search) = Search::parse(typed) else { return Ok(None) };
        let is_recent = |searched: &&Searched| is_refresh && searched.at.elapsed() < SEARCH_MAX_AGE;
        let cached = self.searches().get(typed).filter(is_recent).cloned();
        if let Some(Searched { found, last, .. }) = cached {
            let SearchResult { words, found } = found;
            let found = found.map(|ids| Ok::<_, Error>([ids, list::added(conn, &words, last)?].concat()));
            return Ok(Some(SearchResult { found: found.transpose()?, words }));
        }
        let (at, last) = (Instant::now(), list::newest(conn)?);
        let sample = self.sample(conn)?;
        let found = list::find(conn, &search, &sample)?;
        let mut searches = self.searches();
        if searches.len() >= MAX_SEARCHES {
            searches.clear();
        }
        searches.insert(typed.to_owned(), Searched { at, found: found.clone(), last });
        Ok(Some(found))
    }

    /// The filters, with the faster way to read the list for their search.
    pub fn fastest(&self, conn: &mut PgConnection, values: FilterValues, sort: Sort) -> Result<FilterValues> {
        let Some(words) = &values.words else { return Ok(values) };
        let are_indexed = list::is_by_index(&*self.sample(conn)?, words, &values, sort);
        let words = values.words.clone().map(|words| Words { are_indexed, ..words });
        Ok(FilterValues { words, ..values })
    }

    fn sample(&self, conn: &mut PgConnection) -> Result<Arc<TextSample>> {
        let cached = self.sample.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, sample)) = cached.filter(|(at, _)| at.elapsed() < SAMPLE_MAX_AGE) {
            return Ok(sample);
        }
        let sample = Arc::new(TextSample::load(conn)?);
        let renewed = Some((Instant::now(), Arc::clone(&sample)));
        *self.sample.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(sample)
    }

    fn searches(&self) -> std::sync::MutexGuard<'_, HashMap<String, Searched>> {
        self.searches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The options that the filters offer.
    pub fn options(&self, conn: &mut PgConnection, filters: &Filters) -> Result<FilterOptions> {
        let attendant = match filters.attendant {
            Some(Attendant::User(id)) => Some(id),
            _ => None,
        };
        let chosen: Vec<UserId> = attendant.into_iter().chain(filters.creator).collect();
        self.options.get(chosen.clone(), || list::options(conn, &chosen))
    }

    /// The number of schedules in each situation.
    pub fn counts(&self, conn: &mut PgConnection, values: &FilterValues) -> Result<Counts> {
        let all = values.without_status();
        if all.is_searched() {
            return list::counts(conn, &all);
        }
        self.counts.get(all.clone(), || list::counts(conn, &all))
    }

    /// The number of schedules in each cell, by situation.
    pub fn cell_counts(
        &self,
        conn: &mut PgConnection,
        values: &FilterValues,
        cells: &[Cell],
    ) -> Result<Vec<CellCount>> {
        if values.is_searched() {
            return calendar::cell_counts(conn, values, cells);
        }
        let key = (values.clone(), cells.to_vec());
        self.cell_counts.get(key, || calendar::cell_counts(conn, values, cells))
    }
}

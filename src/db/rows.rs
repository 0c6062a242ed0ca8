//! How the rows of SQL text are read.
//!
//! - One column: `by_position` with its SQL type. No struct is needed for an id, a count or a flag:
//!
//!   ```ignore
//!   let id: UserId = db::prepared("INSERT … RETURNING id").by_position::<BigInt>().get_result(conn)?;
//!   let all: Vec<UserId> = db::replanned("SELECT id …").by_position::<BigInt>().load(conn)?;
//!   ```
//! - Two or three columns: the same with a tuple, `by_position::<(BigInt, Bool)>()`.
//! - More columns: a struct with `#[derive(QueryableByName)]`, read by name. Only where thousands of rows are
//!   read, a tuple is worth it: diesel looks up each name in each row.

use std::marker::PhantomData;

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

use super::Prepared;

/// What [`Prepared::by_position`] returns: a statement with columns of the SQL types `T`.
#[must_use]
pub struct ByPosition<'f, T> {
    query: Prepared<'f>,
    types: PhantomData<T>,
}

impl<'f, T> ByPosition<'f, T> {
    pub(super) fn new(query: Prepared<'f>) -> Self {
        Self { query, types: PhantomData }
    }
}

impl<T> QueryFragment<Pg> for ByPosition<'_, T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, backend: &Pg) -> QueryResult<bool> {
        self.query.is_safe_to_cache_prepared(backend)
    }
}

impl<T> QueryId for ByPosition<'_, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for ByPosition<'_, T> {
    type SqlType = T;
}

impl<T> RunQueryDsl<PgConnection> for ByPosition<'_, T> {}

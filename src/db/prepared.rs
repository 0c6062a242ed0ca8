//! SQL text as prepared statements that the connection caches.

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, BoxedSqlQuery, Query, QueryFragment, QueryId, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

use super::rows::ByPosition;

/// As `diesel::sql_query`, but each connection parses and plans a text only once: planning takes longer than
/// running most of our statements. If the best plan depends on the values, use [`replanned`].
pub fn prepared<'f>(sql: impl Into<String>) -> Prepared<'f> {
    Prepared { query: diesel::sql_query(sql).into_boxed(), is_cached: true }
}

/// The same, but the database plans the statement on every run, with the values at hand.
pub fn replanned<'f>(sql: impl Into<String>) -> Prepared<'f> {
    prepared(sql).replanned_if(true)
}

/// What [`prepared`] and [`replanned`] return.
#[must_use]
pub struct Prepared<'f> {
    query: BoxedSqlQuery<'f, Pg, SqlQuery>,
    is_cached: bool,
}

impl<'f> Prepared<'f> {
    /// Binds `$1`, then `$2`, and so on.
    pub fn bind<T, V>(self, value: V) -> Self
    where
        Pg: HasSqlType<T>,
        V: ToSql<T, Pg> + Send + 'f,
        T: Send + 'f,
    {
        Self { query: self.query.bind::<T, V>(value), ..self }
    }

    /// Appends `sql` to the text.
    pub fn sql(self, sql: impl AsRef<str>) -> Self {
        Self { query: self.query.sql(sql), ..self }
    }

    /// Reads the columns by position, as the SQL types `T`: see [`super::rows`].
    pub fn by_position<T>(self) -> ByPosition<'f, T> {
        ByPosition::new(self)
    }

    /// Plans the statement on every run if `this` is true, because the best plan then depends on the values.
    pub fn replanned_if(self, this: bool) -> Self {
        Self { is_cached: !this, ..self }
    }
}

impl QueryFragment<Pg> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(self.is_cached)
    }
}

impl QueryId for Prepared<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Prepared<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<PgConnection> for Prepared<'_> {}

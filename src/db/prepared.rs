//! SQL text as prepared statements that the connection caches.

use std::marker::PhantomData;

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, BoxedSqlQuery, Query, QueryFragment, QueryId, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// As `diesel::sql_query`, but each connection parses and plans a text only once: planning takes longer than
/// running most of our statements. Do not use it if the best plan depends on the values.
pub fn prepared<'f>(sql: impl Into<String>) -> Prepared<'f> {
    Prepared { query: diesel::sql_query(sql).into_boxed(), is_kept: true }
}

/// What [`prepared`] returns.
#[must_use]
pub struct Prepared<'f> {
    query: BoxedSqlQuery<'f, Pg, SqlQuery>,
    is_kept: bool,
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

    /// Reads columns by position, with the types `T`, and not by name. Faster for many rows with many
    /// columns, because diesel looks up each name in each row.
    pub fn by_place<T>(self) -> ByPlace<'f, T> {
        ByPlace { query: self, types: PhantomData }
    }

    /// Plans the statement on every run if `this` is true, because the best plan then depends on the values.
    pub fn planned_anew_if(self, this: bool) -> Self {
        Self { is_kept: !this, ..self }
    }
}

/// What [`Prepared::by_place`] returns.
#[must_use]
pub struct ByPlace<'f, T> {
    query: Prepared<'f>,
    types: PhantomData<T>,
}

impl<T> QueryFragment<Pg> for ByPlace<'_, T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(self.query.is_kept)
    }
}

impl<T> QueryId for ByPlace<'_, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for ByPlace<'_, T> {
    type SqlType = T;
}

impl<T> RunQueryDsl<PgConnection> for ByPlace<'_, T> {}

impl QueryFragment<Pg> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(self.is_kept)
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

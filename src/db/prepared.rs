//! Statements in SQL that their connection keeps prepared.

use std::marker::PhantomData;

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, BoxedSqlQuery, Query, QueryFragment, QueryId, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// As `diesel::sql_query`, but parsed and planned once for each connection and text: most of our statements
/// take less time than their plans. Not for a statement whose best plan depends on its values.
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

    /// Appends to the text.
    pub fn sql(self, sql: impl AsRef<str>) -> Self {
        Self { query: self.query.sql(sql), ..self }
    }

    /// Read by the places of its columns, which have the types `T`, and not by their names: for many rows of many
    /// columns, whose names would be looked for in each row.
    pub fn by_place<T>(self) -> ByPlace<'f, T> {
        ByPlace { query: self, types: PhantomData }
    }

    /// Planned each time after all, where `this` is so that the values decide on the best plan.
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

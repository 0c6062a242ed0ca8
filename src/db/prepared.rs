//! SQL text as prepared statements that the connection caches.
//!
//! All SQL text with parameters or rows runs like this. `batch_execute` is for what cannot be prepared, such as `SET`
//! and `VACUUM`, and for several statements at once.

use diesel::pg::{Pg, PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, BoxedSqlQuery, QueryFragment, QueryId, SqlQuery};
use diesel::query_dsl::LoadQuery;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

use super::rows::{Column, Row, Typed};

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
    pub fn bind<V>(self, value: V) -> Self
    where
        Pg: HasSqlType<V::Sql>,
        V: Column + ToSql<V::Sql, Pg> + Send + 'f,
        V::Sql: Send + 'f,
    {
        Self { query: self.query.bind::<V::Sql, V>(value), ..self }
    }

    /// Appends `sql` to the text.
    pub fn sql(self, sql: impl AsRef<str>) -> Self {
        Self { query: self.query.sql(sql), ..self }
    }

    /// Plans the statement on every run if `this` is true, because the best plan then depends on the values.
    pub fn replanned_if(self, this: bool) -> Self {
        Self { is_cached: !this, ..self }
    }

    /// Runs the statement and returns the number of rows that it wrote.
    pub fn execute(self, conn: &mut PgConnection) -> QueryResult<usize> {
        RunQueryDsl::execute(self, conn)
    }

    /// Runs the statement and reads all rows.
    pub fn load<T: Row>(self, conn: &mut PgConnection) -> QueryResult<Vec<T>>
    where
        Typed<'f, T::Sql>: LoadQuery<'f, PgConnection, T>,
    {
        RunQueryDsl::load(Typed::new(self), conn)
    }

    /// Runs the statement and reads the first row; `Error::NotFound` if there is none.
    pub fn get_result<T: Row>(self, conn: &mut PgConnection) -> QueryResult<T>
    where
        Typed<'f, T::Sql>: LoadQuery<'f, PgConnection, T>,
    {
        RunQueryDsl::get_result(Typed::new(self), conn)
    }

    /// Runs the statement and reads row by row, so that memory never holds all of them.
    pub fn load_iter<'c, T: Row>(
        self,
        conn: &'c mut PgConnection,
    ) -> QueryResult<impl Iterator<Item = QueryResult<T>> + use<'c, 'f, T>>
    where
        'f: 'c,
        Typed<'f, T::Sql>: LoadQuery<'f, PgConnection, T, PgRowByRowLoadingMode> + 'c,
    {
        RunQueryDsl::load_iter::<T, PgRowByRowLoadingMode>(Typed::new(self), conn)
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

impl RunQueryDsl<PgConnection> for Prepared<'_> {}

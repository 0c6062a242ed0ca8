//! SQL that PostgreSQL keeps prepared. `diesel::sql_query` has each statement parsed and planned anew,
//! which takes longer than most of them take to run.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement like that of `diesel::sql_query`, kept prepared on each connection that ran it. The text
/// names `$1`, `$2` and so on once each, in this order, and must be one of few: each stays in memory.
///
/// PostgreSQL plans it anew for each value as long as that looks cheaper; on a connection of
/// `Db::that_plans_once` it does not, and there a number after LIMIT tells it how few rows a range has.
pub fn prepared<'a>(sql: impl Into<String>) -> Prepared<'a> {
    Prepared { sql: sql.into(), values: Vec::new() }
}

pub struct Prepared<'a> {
    sql: String,
    values: Vec<Box<dyn QueryFragment<Pg> + 'a>>,
}

impl<'a> Prepared<'a> {
    /// The value of the next parameter.
    #[must_use]
    pub fn bind<T, V>(mut self, value: V) -> Self
    where
        T: 'a,
        V: ToSql<T, Pg> + 'a,
        Pg: HasSqlType<T>,
    {
        self.values.push(Box::new(Bound::<T, V>(value, PhantomData)));
        self
    }
}

struct Bound<T, V>(V, PhantomData<T>);

impl<T, V> QueryFragment<Pg> for Bound<T, V>
where
    V: ToSql<T, Pg>,
    Pg: HasSqlType<T>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<T, V>(&self.0)
    }
}

impl QueryFragment<Pg> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut rest = self.sql.as_str();
        for (place, value) in self.values.iter().enumerate() {
            let (head, tail) = rest.split_once(&format!("${}", place + 1)).unwrap_or((rest, ""));
            out.push_sql(head);
            value.walk_ast(out.reborrow())?;
            rest = tail;
        }
        out.push_sql(rest);
        Ok(())
    }
}

/// Statements are told apart by their texts.
impl QueryId for Prepared<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Prepared<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<PgConnection> for Prepared<'_> {}

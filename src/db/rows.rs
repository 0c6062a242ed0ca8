//! How SQL text binds its parameters and reads its rows: the Rust type tells the SQL type.
//!
//! - One column is read as its Rust type. No struct is needed for an id, a count or a flag:
//!
//!   ```ignore
//!   let id: UserId = db::prepared("INSERT … RETURNING id").bind(name).get_result(conn)?;
//!   let all: Vec<UserId> = db::prepared("SELECT id …").load(conn)?;
//!   ```
//! - A few columns are read as a tuple, by position.
//! - More columns are read by name, into a struct that [`row!`] defines. Only where thousands of rows or the most
//!   visited pages are read, [`row_by_position!`] is worth it: diesel looks up each name in each row.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::pg::data_types::PgInterval;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{self, Array, Nullable, SqlType, is_nullable};
use serde_json::Value;
use uuid::Uuid;

use super::Prepared;

/// A Rust type that one column is read as, or one parameter is bound as.
pub trait Column {
    type Sql: SqlType;
}

macro_rules! columns {
    ($($rust:ty = $sql:ident),* $(,)?) => {$(
        impl Column for $rust {
            type Sql = sql_types::$sql;
        }
    )*};
}

columns! {
    bool = Bool,
    i32 = Integer,
    i64 = BigInt,
    f64 = Double,
    str = Text,
    String = Text,
    [u8] = Binary,
    Vec<u8> = Binary,
    DateTime<Utc> = Timestamptz,
    NaiveDateTime = Timestamp,
    PgInterval = Interval,
    Value = Jsonb,
    Uuid = Uuid,
}

impl<T: Column<Sql: SqlType<IsNull = is_nullable::NotNull>>> Column for Option<T> {
    type Sql = Nullable<T::Sql>;
}

impl<T: Column> Column for Vec<T> {
    type Sql = Array<T::Sql>;
}

impl<T: Column> Column for [T] {
    type Sql = Array<T::Sql>;
}

impl<T: Column, const N: usize> Column for [T; N] {
    type Sql = Array<T::Sql>;
}

impl<T: Column + ?Sized> Column for &T {
    type Sql = T::Sql;
}

/// What a row is read as: one column, a tuple of columns, or a struct that [`row!`] defines.
pub trait Row: Sized + 'static {
    /// The SQL types of the columns; `Untyped` if they are read by name.
    type Sql;
}

impl<T: Column + 'static> Row for T {
    type Sql = T::Sql;
}

macro_rules! tuples {
    ($(($($column:ident),*)),* $(,)?) => {$(
        impl<$($column: Column + 'static),*> Row for ($($column,)*) {
            type Sql = ($($column::Sql,)*);
        }
    )*};
}

tuples! {
    (A, B),
    (A, B, C),
    (A, B, C, D),
    (A, B, C, D, E),
    (A, B, C, D, E, F),
}

/// Defines a struct whose fields are read from the columns of the same names.
#[macro_export]
macro_rules! row {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type),*
        }

        impl diesel::deserialize::QueryableByName<diesel::pg::Pg> for $name {
            fn build<'a>(
                row: &impl diesel::row::NamedRow<'a, diesel::pg::Pg>,
            ) -> diesel::deserialize::Result<Self> {
                use diesel::row::NamedRow;
                Ok(Self {
                    $($field: NamedRow::get::<<$type as $crate::db::Column>::Sql, _>(row, stringify!($field))?),*
                })
            }
        }

        impl $crate::db::Row for $name {
            type Sql = diesel::sql_types::Untyped;
        }
    };
}

/// Defines a struct that is read by position: faster, but its fields must stand in the order of the columns.
macro_rules! row_by_position {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(diesel::Queryable)]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type),*
        }

        impl $crate::db::Row for $name {
            type Sql = ($(<$type as $crate::db::Column>::Sql,)*);
        }
    };
}

pub(crate) use {row, row_by_position};

/// A statement whose columns have the SQL types `T`.
pub struct Typed<'f, T> {
    query: Prepared<'f>,
    types: PhantomData<T>,
}

impl<'f, T> Typed<'f, T> {
    pub(super) fn new(query: Prepared<'f>) -> Self {
        Self { query, types: PhantomData }
    }
}

impl<T> QueryFragment<Pg> for Typed<'_, T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, backend: &Pg) -> QueryResult<bool> {
        self.query.is_safe_to_cache_prepared(backend)
    }
}

impl<T> QueryId for Typed<'_, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Typed<'_, T> {
    type SqlType = T;
}

impl<T> RunQueryDsl<PgConnection> for Typed<'_, T> {}

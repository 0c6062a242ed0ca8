//! SQL functions for diesel's query builder.

use diesel::sql_types::Text;

diesel::define_sql_function! {
    /// The current time. Unlike `now()`, it goes on within a transaction.
    fn clock_timestamp() -> Timestamptz;
}

diesel::define_sql_function! {
    /// The text in lower case.
    fn lower(text: Text) -> Text;
}

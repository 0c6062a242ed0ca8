//! SQL of people: the list, one person with their contacts, saving, and archiving.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::db::{self, NameCursor, PageOf, Search, clock_timestamp};
use crate::error::{Error, Result};
use crate::ids::{ContactId, PersonId};
use crate::schema::{channels, contacts, people};

/// Rows per page.
const ROWS_PER_PAGE: usize = 25;

/// The filters of the list, and where its page begins.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: Option<Search>,
    pub archived: bool,
    pub after: Option<NameCursor>,
    pub before: Option<NameCursor>,
}

db::row! {
    /// One line of the list.
    #[derive(Debug)]
    pub struct Row {
        pub id: PersonId,
        pub name: String,
        pub sort_name: String,
        pub contacts: i64,
        /// The names of the first two contacts.
        pub first: Vec<String>,
        pub pending: i64,
    }
}

/// A page of people in order of name. A search matches the person's name or one of their contacts.
pub fn page(conn: &mut PgConnection, filter: &Filter) -> Result<PageOf<Row, NameCursor>> {
    let is_backwards = filter.before.is_some();
    let start = filter.before.clone().or(filter.after.clone());
    let archived = if filter.archived { "NOT NULL" } else { "NULL" };
    let order = if is_backwards { "DESC" } else { "ASC" };
    // SQL text: the page is cut first, then its rows are counted and completed.
    let mut query = db::prepared(format!(
        "SELECT page.*, (SELECT count(*) FROM contacts c WHERE c.person_id = page.id AND c.archived_at IS NULL) AS contacts,
                ARRAY(SELECT c.name FROM contacts c WHERE c.person_id = page.id AND c.archived_at IS NULL
                       ORDER BY c.sort_name, c.id LIMIT 2) AS first,
                (SELECT count(*) FROM contacts c JOIN schedules s ON s.contact_id = c.id AND s.status = 'scheduled'
                        AND s.due_at > now() - interval '1 hour'
                  WHERE c.person_id = page.id) AS pending
           FROM (SELECT p.id, p.name, p.sort_name FROM people p WHERE p.archived_at IS {archived}"
    ))
    .replanned_if(filter.search.is_some());
    let mut bound = 0;
    let mut next = || {
        bound += 1;
        bound
    };
    if let Some(search) = &filter.search {
        let words = format!("${}", next());
        query = query
            .sql(format!(
                " AND p.id IN (SELECT id FROM people o WHERE {} UNION ALL
                               SELECT person_id FROM contacts c WHERE {} AND c.person_id IS NOT NULL)",
                search.condition("o.search", &words),
                search.condition("c.search", &words)
            ))
            .bind(search.all().to_vec());
    }
    if let Some(cursor) = &start {
        let sign = if is_backwards { '<' } else { '>' };
        query = query
            .sql(format!(" AND (p.sort_name, p.id) {sign} (${}, ${})", next(), next()))
            .bind(cursor.name.clone())
            .bind(cursor.id);
    }
    let rows: Vec<Row> = query
        .sql(format!(
            " ORDER BY p.sort_name {order}, p.id {order} LIMIT {}) page
             ORDER BY page.sort_name {order}, page.id {order}",
            ROWS_PER_PAGE + 1
        ))
        .load(conn)?;
    let cursor = |row: &Row| NameCursor { name: row.sort_name.clone(), id: row.id.0 };
    Ok(PageOf::cut(rows, ROWS_PER_PAGE, (start, is_backwards), cursor))
}

/// Maximum contacts that the pages of a person show.
pub const MAX_CONTACTS_SHOWN: i64 = 200;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = people)]
pub struct PersonDetail {
    pub id: PersonId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub archived_at: Option<DateTime<Utc>>,
    pub anonymised_at: Option<DateTime<Utc>>,
}

pub fn detail(conn: &mut PgConnection, person: PersonId) -> Result<PersonDetail> {
    Ok(people::table.find(person).select(PersonDetail::as_select()).first(conn)?)
}

/// Like [`detail`], and locks the person until the end of the transaction. Fails with `Conflict` if the person
/// is anonymised.
pub fn lock(conn: &mut PgConnection, person: PersonId) -> Result<PersonDetail> {
    let detail: PersonDetail =
        people::table.find(person).select(PersonDetail::as_select()).for_no_key_update().first(conn)?;
    if detail.anonymised_at.is_some() { Err(Error::Conflict) } else { Ok(detail) }
}

db::row! {
    /// One of a person's contacts.
    #[derive(Clone, Debug, Queryable)]
    pub struct PersonContact {
        pub id: ContactId,
        pub name: String,
        pub phone: String,
        pub email: String,
        pub channel_name: String,
        pub is_archived: bool,
        pub has_open_ticket: bool,
    }
}

/// A person's contacts in order of name, at most [`MAX_CONTACTS_SHOWN`].
pub fn contacts_of(conn: &mut PgConnection, person: PersonId) -> Result<Vec<PersonContact>> {
    // SQL text: the index of open tickets is only used if the status is not a parameter.
    Ok(db::prepared(format!(
        "SELECT c.id, c.name, c.phone, c.email, ch.name AS channel_name, c.archived_at IS NOT NULL AS is_archived,
                EXISTS (SELECT FROM tickets t WHERE t.contact_id = c.id AND t.status = 'open') AS has_open_ticket
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id
          WHERE c.person_id = $1 ORDER BY c.sort_name, c.id LIMIT {MAX_CONTACTS_SHOWN}"
    ))
    .bind(person)
    .load(conn)?)
}

/// Number of the person's contacts.
pub fn count_contacts(conn: &mut PgConnection, person: PersonId) -> Result<i64> {
    Ok(contacts::table.filter(contacts::person_id.eq(person)).count().get_result(conn)?)
}

/// Those of `ids` that exist and are not archived. Does not look for open tickets.
pub fn existing_contacts(conn: &mut PgConnection, ids: &[ContactId]) -> Result<Vec<PersonContact>> {
    let no = || false.into_sql::<Bool>();
    Ok(contacts::table
        .inner_join(channels::table)
        .filter(contacts::id.eq_any(ids).and(contacts::archived_at.is_null()))
        .order((contacts::sort_name, contacts::id))
        .select((contacts::id, contacts::name, contacts::phone, contacts::email, channels::name, no(), no()))
        .load(conn)?)
}

db::row! {
    /// A person with the same name.
    #[derive(Clone, Debug)]
    pub struct Namesake {
        pub id: PersonId,
        pub name: String,
        /// The names of the first two contacts.
        pub contacts: Vec<String>,
    }
}

/// Maximum people with the same name that the warning shows.
const MAX_NAMESAKES_SHOWN: i64 = 5;

/// People other than `person` with this name, ignoring case and accents.
pub fn namesakes(conn: &mut PgConnection, person: Option<PersonId>, name: &str) -> Result<Vec<Namesake>> {
    // SQL text: `plain` and the array of names have no counterpart in the builder.
    Ok(db::prepared(
        "SELECT p.id, p.name, ARRAY(SELECT c.name FROM contacts c WHERE c.person_id = p.id AND c.archived_at IS NULL
                                     ORDER BY c.sort_name, c.id LIMIT 2) AS contacts
           FROM people p
          WHERE p.sort_name = plain($2) AND p.archived_at IS NULL AND p.id IS DISTINCT FROM $1
          ORDER BY p.id LIMIT $3",
    )
    .bind(person)
    .bind(name)
    .bind(MAX_NAMESAKES_SHOWN)
    .load(conn)?)
}

pub fn create(conn: &mut PgConnection, name: &str) -> Result<PersonId> {
    Ok(diesel::insert_into(people::table)
        .values(people::name.eq(name))
        .returning(people::id)
        .get_result(conn)?)
}

pub fn rename(conn: &mut PgConnection, person: PersonId, name: &str) -> Result<()> {
    diesel::update(people::table.find(person)).set(people::name.eq(name)).execute(conn)?;
    Ok(())
}

/// Moves contacts to the person, from whatever person they had before. Returns those that were moved. Locks the
/// contacts in order of id, as every writer of several contacts does.
pub fn add_contacts(
    conn: &mut PgConnection,
    person: PersonId,
    contacts: &[ContactId],
) -> Result<Vec<ContactId>> {
    // SQL text: the builder has no CTE, which locks in this order.
    Ok(db::prepared(
        "WITH locked AS MATERIALIZED (
            SELECT id FROM contacts WHERE id = ANY($2) AND person_id IS DISTINCT FROM $1 AND anonymised_at IS NULL
             ORDER BY id FOR NO KEY UPDATE)
         UPDATE contacts c SET person_id = $1 FROM locked WHERE c.id = locked.id RETURNING c.id",
    )
    .bind(person)
    .bind(contacts)
    .load(conn)?)
}

/// Removes these contacts from the person, or all of them if `contacts` is `None`. Returns those that were
/// removed.
pub fn remove_contacts(
    conn: &mut PgConnection,
    person: PersonId,
    contacts: Option<&[ContactId]>,
) -> Result<Vec<ContactId>> {
    // SQL text: the builder has no CTE, which locks in this order.
    Ok(db::prepared(
        "WITH locked AS MATERIALIZED (
            SELECT id FROM contacts WHERE person_id = $1 AND ($2 IS NULL OR id = ANY($2))
             ORDER BY id FOR NO KEY UPDATE)
         UPDATE contacts c SET person_id = NULL FROM locked WHERE c.id = locked.id RETURNING c.id",
    )
    .bind(person)
    .bind(contacts)
    .load(conn)?)
}

/// Archives a person. Returns `false` if they already were archived.
pub fn archive(conn: &mut PgConnection, person: PersonId) -> Result<bool> {
    let current = people::table.find(person).filter(people::archived_at.is_null());
    Ok(diesel::update(current).set(people::archived_at.eq(clock_timestamp().nullable())).execute(conn)? == 1)
}

/// Restores a person. Returns `false` if they were not archived.
pub fn restore(conn: &mut PgConnection, person: PersonId) -> Result<bool> {
    let archived = people::table.find(person).filter(people::archived_at.is_not_null());
    let not = None::<DateTime<Utc>>;
    Ok(diesel::update(archived).set(people::archived_at.eq(not)).execute(conn)? == 1)
}

/// Number of pending schedules for the person's contacts.
pub fn count_pending_schedules(conn: &mut PgConnection, person: PersonId) -> Result<i64> {
    // SQL text: the index of pending schedules is only used if the status is not a parameter.
    Ok(db::prepared(
        "SELECT count(*) FROM contacts c JOIN schedules s ON s.contact_id = c.id AND s.status = 'scheduled'
          WHERE c.person_id = $1",
    )
    .bind(person)
    .get_result(conn)?)
}

/// The ids of all contacts of a person.
pub fn contact_ids(conn: &mut PgConnection, person: PersonId) -> Result<Vec<ContactId>> {
    Ok(contacts::table.filter(contacts::person_id.eq(person)).select(contacts::id).load(conn)?)
}

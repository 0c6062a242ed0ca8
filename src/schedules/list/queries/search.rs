//! Which schedules a search finds: by contact, person, comment or message.
//!
//! A word may be anywhere in a schedule, and two words in different places of it. The first word that
//! few schedules have is looked up in the indexes of trigrams, and those few are compared with the other
//! words. Where every word is common (more than `MOST` have it), a page of the list is soon found by
//! reading the list itself.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::narrowed::TEXTS;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::web::Search;

/// What a search comes to.
pub enum Found {
    These(Vec<ScheduleId>),
    /// The patterns, as the texts are compared with them.
    TooMany(Vec<String>),
}

/// So many schedules are looked up faster than the list is read.
const MOST: i64 = 5_000;

/// Shorter words have no trigrams; they narrow, but nothing can be looked up by them.
const SHORTEST: usize = 3;

#[derive(QueryableByName)]
struct PatternRow {
    #[diesel(sql_type = Text)]
    pattern: String,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: ScheduleId,
}

/// # Errors
/// The database is unreachable.
pub fn find(conn: &mut PgConnection, search: &Search) -> Result<Found> {
    let rows: Vec<PatternRow> = diesel::sql_query("SELECT searchable(p) AS pattern FROM unnest($1) AS p")
        .bind::<Array<Text>, _>(search.all())
        .load(conn)?;
    let mut patterns: Vec<String> = Vec::new();
    // Words that were told apart by accents alone are one.
    for PatternRow { pattern } in rows {
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    let is_long = |pattern: &&String| pattern.chars().filter(|c| c.is_alphanumeric()).count() >= SHORTEST;
    for word in patterns.iter().filter(is_long) {
        let ids = with_word(conn, word)?;
        if ids.len() <= MOST as usize {
            return Ok(Found::These(with_all(conn, &ids, &patterns)?));
        }
    }
    Ok(Found::TooMany(patterns))
}

/// Schedules that have one word, up to a few more than `MOST`. The word is looked up apart (MATERIALIZED):
/// seeing the limit, the planner would rather read all contacts until it is reached. What a common word's
/// contacts have is enough to know that it is common: the rest is then not looked at.
fn with_word(conn: &mut PgConnection, word: &str) -> Result<Vec<ScheduleId>> {
    let rows: Vec<IdRow> = diesel::sql_query(
        "WITH known AS MATERIALIZED (SELECT c.id FROM contacts c WHERE c.search LIKE $1),
              of_contacts AS MATERIALIZED (SELECT s.id FROM schedules s
                WHERE s.contact_id = ANY (ARRAY(SELECT id FROM known LIMIT $2)) LIMIT $2),
              enough AS MATERIALIZED (SELECT count(*) >= $2 AS is_so FROM of_contacts),
              grouped AS MATERIALIZED (SELECT p.id FROM people p
                WHERE p.search LIKE $1 AND NOT (SELECT is_so FROM enough)),
              written AS MATERIALIZED (SELECT x.schedule_id FROM schedule_texts x
                WHERE x.search LIKE $1 AND NOT (SELECT is_so FROM enough))
         SELECT DISTINCT id FROM (
            SELECT id FROM of_contacts
            UNION ALL
            (SELECT s.id FROM schedules s WHERE s.contact_id = ANY (ARRAY(
                SELECT c.id FROM contacts c WHERE c.person_id = ANY (ARRAY(SELECT id FROM grouped LIMIT $2))
                 LIMIT $2)) LIMIT $2)
            UNION ALL
            (SELECT s.id FROM schedules s
              WHERE s.person_id = ANY (ARRAY(SELECT id FROM grouped LIMIT $2)) LIMIT $2)
            UNION ALL
            (SELECT schedule_id FROM written LIMIT $2)
         ) AS found LIMIT $2",
    )
    .bind::<Text, _>(word)
    .bind::<BigInt, _>(MOST + 1)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Those of `ids` that have every word.
fn with_all(conn: &mut PgConnection, ids: &[ScheduleId], patterns: &[String]) -> Result<Vec<ScheduleId>> {
    if patterns.len() == 1 {
        return Ok(ids.to_vec());
    }
    let rows: Vec<IdRow> = diesel::sql_query(format!(
        "SELECT s.id FROM schedules s WHERE s.id = ANY ($1) AND {TEXTS} LIKE ALL ($2)"
    ))
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<Text>, _>(patterns)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

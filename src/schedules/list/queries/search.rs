//! Which schedules a search finds: by contact, person, comment or message.
//!
//! A word may be anywhere in a schedule, and two words in different places of it. All words are looked up together
//! in the names, by an index of trigrams: a full name finds few, even if each of its words is common. Words that few
//! texts hold are looked up in the texts one by one, and what holds them is compared with the others. Words that
//! many texts hold, such as "confirmar", are not looked up there: what the others find is compared with them. Where
//! even that is much (more than `MOST`), a page of the list is soon found by reading the list itself.
//!
//! One thing is left out, in a large company alone: where the words that are names together name somebody, a word of
//! these that thousands of texts hold is not looked for in the texts of those whom only the others name.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::narrowed::TEXTS;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::web::Search;

/// What a search comes to.
#[derive(Clone, Debug)]
pub enum Found {
    These(Vec<ScheduleId>),
    /// The patterns, as the texts are compared with them.
    TooMany(Vec<String>),
}

/// Maximum number of schedules that are looked up one by one: so many take less time than reading the list.
const MOST: i64 = 5_000;

/// Maximum number of contacts or people that a name may have: more have more schedules than `MOST`.
const MOST_NAMED: i64 = 1_000;

/// Maximum number of schedules whose texts may hold a word that is looked up in them.
const MOST_WRITTEN: i64 = 1_000;

/// How many of the newest texts and names are read to estimate how common words are.
const SAMPLE: i64 = 300;

/// Shorter words have no trigrams; they narrow, but nothing can be looked up by them.
const SHORTEST: usize = 3;

/// A word of a search.
#[derive(Debug, QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    pattern: String,
    /// About how many texts hold its trigrams, as looking it up must read.
    #[diesel(sql_type = BigInt)]
    texts: i64,
    /// About how many texts, and how many names, hold every word.
    #[diesel(sql_type = BigInt)]
    texts_with_all: i64,
    #[diesel(sql_type = BigInt)]
    names_with_all: i64,
}

impl Word {
    fn is_long(&self) -> bool {
        self.pattern.chars().filter(|c| c.is_alphanumeric()).count() >= SHORTEST
    }
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: ScheduleId,
}

/// # Errors
/// The database is unreachable.
pub fn find(conn: &mut PgConnection, search: &Search) -> Result<Found> {
    let words = words(conn, search)?;
    let all: Vec<String> = words.iter().map(|word| word.pattern.clone()).collect();
    let long: Vec<&Word> = words.iter().filter(|word| word.is_long()).collect();
    let is_frequent = words.iter().any(|word| word.names_with_all > 2 * MOST_NAMED);
    if long.is_empty() || is_frequent {
        return Ok(Found::TooMany(all));
    }
    // Whom every word names; else, whom every word names that is a name at all, and that some other word narrows.
    let Some(mut found) = named(conn, &patterns(&long))? else { return Ok(Found::TooMany(all)) };
    let mut is_name = !found.is_empty();
    if long.len() < all.len() {
        found = with_all(conn, &found, &all)?;
    }
    if !is_name {
        let names = names_among(conn, &patterns(&long))?;
        if (2..long.len()).contains(&names.len())
            && let Some(ids) = named(conn, &names)?
        {
            is_name = !ids.is_empty();
            found = with_all(conn, &ids, &all)?;
        }
    }
    let (mut rare, mut common) = (Vec::new(), Vec::new());
    for word in long {
        let looked_up = match word.texts > 2 * MOST_WRITTEN {
            true => None,
            false => with_texts(conn, std::slice::from_ref(&word.pattern), MOST_WRITTEN)?,
        };
        match looked_up {
            Some(ids) => {
                rare.push(word);
                found.extend(with_all(conn, &ids, &all)?);
            }
            None => common.push(word),
        }
    }
    let candidates = match (rare.is_empty(), is_name) {
        // A common word of a name is not looked for in the texts of everybody else of that surname.
        _ if common.is_empty() => Some(Vec::new()),
        (true, true) => with_texts(conn, &patterns(&common), MOST)?.or(Some(Vec::new())),
        (true, false) => common_ones(conn, &common)?,
        (false, true) => Some(Vec::new()),
        (false, false) => named(conn, &patterns(&rare))?,
    };
    let Some(candidates) = candidates else { return Ok(Found::TooMany(all)) };
    found.extend(with_all(conn, &candidates, &all)?);
    found.sort_unstable();
    found.dedup();
    Ok(if found.len() > MOST as usize { Found::TooMany(all) } else { Found::These(found) })
}

fn patterns(words: &[&Word]) -> Vec<String> {
    words.iter().map(|word| word.pattern.clone()).collect()
}

/// Says, in SQL, whether `column` holds each of so many words, which $1 binds: conditions of their own, so that
/// the index serves them all.
fn holds(column: &str, words: usize) -> String {
    let each = |place| format!("{column} LIKE ($1::text[])[{place}]");
    (1..=words).map(each).collect::<Vec<_>>().join(" AND ")
}

/// The words, those once that were told apart by accents alone, and about how common they are.
fn words(conn: &mut PgConnection, search: &Search) -> Result<Vec<Word>> {
    Ok(diesel::sql_query(
        "WITH words AS MATERIALIZED (
            SELECT pattern, place,
                   ARRAY(SELECT '%' || substr(pattern, i + 1, 3) || '%'
                           FROM generate_series(1, greatest(length(pattern) - 4, 1)) i) AS trigrams
              FROM (SELECT searchable(p) AS pattern, min(place) AS place
                      FROM unnest($1) WITH ORDINALITY AS typed (p, place) GROUP BY 1) w),
         every AS MATERIALIZED (SELECT array_agg(pattern) AS patterns FROM words),
         texts AS MATERIALIZED (SELECT search FROM schedule_texts ORDER BY schedule_id DESC LIMIT $2),
         names AS MATERIALIZED (SELECT search FROM contact_texts ORDER BY contact_id DESC LIMIT $2),
         of_each AS MATERIALIZED (
            SELECT (SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'schedule_texts'::regclass)
                       / greatest((SELECT count(*) FROM texts), 1) AS texts,
                   (SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'contact_texts'::regclass)
                       / greatest((SELECT count(*) FROM names), 1) AS names)
         SELECT w.pattern,
                (of_each.texts * (SELECT count(*) FROM texts WHERE search LIKE ALL (w.trigrams)))::bigint AS texts,
                (of_each.texts * (SELECT count(*) FROM texts WHERE search LIKE ALL (every.patterns)))::bigint
                    AS texts_with_all,
                (of_each.names * (SELECT count(*) FROM names WHERE search LIKE ALL (every.patterns)))::bigint
                    AS names_with_all
           FROM words w CROSS JOIN every CROSS JOIN of_each ORDER BY w.place",
    )
    .bind::<Array<Text>, _>(search.all())
    .bind::<BigInt, _>(SAMPLE)
    .load(conn)?)
}

/// Schedules whose own texts hold all these words; `None` if they are more than `most`. The words are looked up
/// apart (MATERIALIZED): seeing the limit, the planner would rather read all texts until it is reached.
fn with_texts(conn: &mut PgConnection, words: &[String], most: i64) -> Result<Option<Vec<ScheduleId>>> {
    let rows: Vec<IdRow> = diesel::sql_query(format!(
        "WITH found AS MATERIALIZED (SELECT x.schedule_id AS id FROM schedule_texts x WHERE {})
         SELECT id FROM found LIMIT $2",
        holds("x.search", words.len())
    ))
    .bind::<Array<Text>, _>(words)
    .bind::<BigInt, _>(most + 1)
    .load(conn)?;
    Ok((rows.len() as i64 <= most).then(|| rows.into_iter().map(|row| row.id).collect()))
}

/// Schedules whose contact, with its person, or whose own person is named by all these words; `None` if they
/// are many.
fn named(conn: &mut PgConnection, words: &[String]) -> Result<Option<Vec<ScheduleId>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Array<BigInt>)]
        ids: Vec<ScheduleId>,
        #[diesel(sql_type = BigInt)]
        names: i64,
    }
    let row: Row = diesel::sql_query(format!(
        "WITH known AS MATERIALIZED (SELECT n.contact_id AS id FROM contact_texts n WHERE {}),
              contacts AS MATERIALIZED (SELECT id FROM known LIMIT $2),
              grouped AS MATERIALIZED (SELECT p.id FROM people p WHERE {}),
              persons AS MATERIALIZED (SELECT id FROM grouped LIMIT $2),
              many AS MATERIALIZED (SELECT greatest((SELECT count(*) FROM contacts), (SELECT count(*) FROM persons)) AS names)
         SELECT many.names, ARRAY(
            (SELECT s.id FROM schedules s
              WHERE many.names < $2 AND s.contact_id = ANY (ARRAY(SELECT id FROM contacts)) LIMIT $3)
            UNION
            (SELECT s.id FROM schedules s
              WHERE many.names < $2 AND s.person_id = ANY (ARRAY(SELECT id FROM persons)) LIMIT $3)) AS ids
           FROM many",
        holds("n.search", words.len()),
        holds("p.search", words.len())
    ))
    .bind::<Array<Text>, _>(words)
    .bind::<BigInt, _>(MOST_NAMED + 1)
    .bind::<BigInt, _>(MOST + 1)
    .get_result(conn)?;
    let is_little = row.names <= MOST_NAMED && row.ids.len() as i64 <= MOST;
    Ok(is_little.then_some(row.ids))
}

/// Those of the words that are in some name. Each is looked up apart (MATERIALIZED), by the index.
fn names_among(conn: &mut PgConnection, words: &[String]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for word in words {
        let rows: Vec<IdRow> = diesel::sql_query(
            "WITH known AS MATERIALIZED (SELECT n.contact_id AS id FROM contact_texts n WHERE n.search LIKE $1)
             SELECT id FROM known LIMIT 1",
        )
        .bind::<Text, _>(word)
        .load(conn)?;
        if !rows.is_empty() {
            names.push(word.clone());
        }
    }
    Ok(names)
}

/// Candidates where texts commonly hold every word: those that hold them all, and whomever one of them names.
fn common_ones(conn: &mut PgConnection, words: &[&Word]) -> Result<Option<Vec<ScheduleId>>> {
    let is_frequent = words.iter().any(|word| word.texts_with_all > MOST);
    if words.len() < 2 || is_frequent {
        return Ok(None);
    }
    let Some(mut found) = with_texts(conn, &patterns(words), MOST)? else { return Ok(None) };
    for word in words {
        let Some(ids) = named(conn, std::slice::from_ref(&word.pattern))? else { return Ok(None) };
        found.extend(ids);
    }
    Ok(Some(found))
}

/// Those of `ids` that have every word.
fn with_all(conn: &mut PgConnection, ids: &[ScheduleId], patterns: &[String]) -> Result<Vec<ScheduleId>> {
    if ids.is_empty() || patterns.len() == 1 {
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

/// The newest schedule.
///
/// # Errors
/// The database is unreachable.
pub fn newest(conn: &mut PgConnection) -> Result<ScheduleId> {
    let row: IdRow =
        diesel::sql_query("SELECT coalesce(max(id), 0) AS id FROM schedules").get_result(conn)?;
    Ok(row.id)
}

/// Of the schedules that were saved after `last`, those that a search finds.
///
/// # Errors
/// The database is unreachable.
pub fn added(conn: &mut PgConnection, search: &Search, last: ScheduleId) -> Result<Vec<ScheduleId>> {
    let rows: Vec<IdRow> = diesel::sql_query(format!(
        "SELECT s.id FROM (SELECT * FROM schedules WHERE id > $1 ORDER BY id LIMIT $3) s
          WHERE {TEXTS} LIKE ALL (ARRAY(SELECT searchable(p) FROM unnest($2) AS p))"
    ))
    .bind::<BigInt, _>(last)
    .bind::<Array<Text>, _>(search.all())
    .bind::<BigInt, _>(MOST)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

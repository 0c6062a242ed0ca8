//! Finds schedules by contact, person, comment or message.
//!
//! `schedule_texts` holds these as one text per schedule, with a trigram index. The index is queried with few
//! trigrams, because each takes time to read: those that are rarest in a sample of the texts. The texts that
//! it finds are compared with the whole words. The sample also tells how many schedules contain every word,
//! and so how to read them:
//!
//! - Few: all are looked up at once.
//! - More: the page reads one week, or one block of ids, after another in the order of the list until it is
//!   full.
//! - Many, or the words have no trigram: the page reads the list in its order and compares each schedule.
//!
//! The statements are SQL text, because their plans depend on how they are written.

use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::text_sample::TextSample;
use crate::db::{self, Search};
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::schema::schedules;

/// The result of a search.
#[derive(Clone, Debug)]
pub enum SearchResult {
    These(Vec<ScheduleId>),
    /// Too many to look up at once.
    Many(Words),
}

/// The words of a search, as the database compares them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Words {
    /// LIKE patterns; a text contains every word if it matches all.
    pub patterns: Vec<String>,
    /// The trigrams for the index; empty if reading the list in its order takes less time.
    pub trigrams: Vec<String>,
}

/// Maximum schedules that are looked up at once. More would take longer than reading a page of them.
const MAX_LISTED: i64 = 1_500;

/// The same, as estimated from the sample before anything is looked up.
const MAX_EXPECTED: f64 = 750.;

/// The share of the schedules above which reading the list in its order takes less time than the index, unless
/// they are few.
const MANY: f64 = 0.03;

pub fn find(conn: &mut PgConnection, search: &Search, sample: &TextSample) -> Result<SearchResult> {
    let patterns = patterns(conn, search)?;
    let plain: Vec<String> = patterns.iter().map(|pattern| unescaped(pattern)).collect();
    let share = sample.share(&plain);
    let number = sample.number_of(share);
    let are_many = share > MANY && number > MAX_LISTED as f64;
    let trigrams = if are_many { Vec::new() } else { sample.rare_trigrams(&plain) };
    let words = Words { patterns, trigrams };
    if words.trigrams.is_empty() || number > MAX_EXPECTED {
        return Ok(SearchResult::Many(words));
    }
    Ok(match looked_up(conn, &words)? {
        Some(ids) => SearchResult::These(ids),
        None => SearchResult::Many(words),
    })
}

/// The patterns with which the texts are compared. Patterns that differ only in accents appear once.
fn patterns(conn: &mut PgConnection, search: &Search) -> Result<Vec<String>> {
    let query = db::replanned("SELECT DISTINCT searchable(p) FROM unnest($1) AS p").bind(search.all());
    Ok(query.load(conn)?)
}

/// The word of the pattern `%word%`.
fn unescaped(pattern: &str) -> String {
    let mut word = String::new();
    let mut chars = pattern.strip_prefix('%').and_then(|p| p.strip_suffix('%')).unwrap_or(pattern).chars();
    while let Some(c) = chars.next() {
        word.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    word
}

impl Words {
    /// SQL condition: the text `x` contains the trigrams `$trigrams` and matches the patterns `$patterns`. The
    /// index must be used for the trigrams only: `|| ''` hides the patterns from it.
    pub fn condition(&self, trigrams: usize, patterns: usize) -> String {
        let one = |place| format!("x.search LIKE '%' || (${trigrams}::text[])[{place}] || '%' AND ");
        let all: String = (1..=self.trigrams.len()).map(one).collect();
        format!("{all}x.search || '' LIKE ALL (${patterns})")
    }
}

/// Schedules whose texts contain the words; `None` if they are more than [`MAX_LISTED`]. MATERIALIZED hides
/// the limit from the planner, which would otherwise read all texts.
fn looked_up(conn: &mut PgConnection, words: &Words) -> Result<Option<Vec<ScheduleId>>> {
    let ids: Vec<ScheduleId> = db::replanned(format!(
        "WITH found AS MATERIALIZED (SELECT x.schedule_id AS id FROM schedule_texts x WHERE {})
         SELECT id FROM found LIMIT $3",
        words.condition(1, 2)
    ))
    .bind(&words.trigrams)
    .bind(&words.patterns)
    .bind(MAX_LISTED + 1)
    .load(conn)?;
    Ok((ids.len() as i64 <= MAX_LISTED).then_some(ids))
}

/// Schedules whose texts contain the words and that are due in the weeks between two times.
pub fn due_between(
    conn: &mut PgConnection,
    words: &Words,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<ScheduleId>> {
    let query = db::replanned(format!(
        "SELECT x.schedule_id AS id FROM generate_series(search_week($3), search_week($4)) w (week)
          CROSS JOIN LATERAL (SELECT x.schedule_id FROM schedule_texts x WHERE x.week = w.week AND {} OFFSET 0) x",
        words.condition(1, 2)
    ))
    .bind(&words.trigrams)
    .bind(&words.patterns)
    .bind(from)
    .bind(to);
    Ok(query.load(conn)?)
}

/// The newest schedule.
pub fn newest(conn: &mut PgConnection) -> Result<ScheduleId> {
    let last: Option<ScheduleId> = schedules::table.select(max(schedules::id)).first(conn)?;
    Ok(last.unwrap_or(ScheduleId(0)))
}

/// The schedules saved after `last` that match the search.
pub fn added(conn: &mut PgConnection, search: &Search, last: ScheduleId) -> Result<Vec<ScheduleId>> {
    let added = db::replanned(
        "SELECT x.schedule_id AS id
           FROM (SELECT * FROM schedule_texts WHERE schedule_id > $1 ORDER BY schedule_id LIMIT $3) x
          WHERE x.search LIKE ALL (ARRAY(SELECT searchable(p) FROM unnest($2) AS p))",
    )
    .bind(last)
    .bind(search.all())
    .bind(MAX_LISTED);
    Ok(added.load(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_gives_the_word_that_was_typed() {
        assert_eq!(unescaped(r"%100\%\_a\\b%"), r"100%_a\b");
    }
}

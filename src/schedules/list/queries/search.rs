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
//! - Many, or few of them match the filters (see `search_order`): the page reads the list in its order and
//!   compares each schedule.
//!
//! A word of one or two letters has no trigram inside a text. If no word has one, each finds the words that
//! begin with it, because the index has trigrams for beginnings.
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
pub struct SearchResult {
    pub words: Words,
    /// The schedules; `None` if they are too many to look up at once.
    pub found: Option<Vec<ScheduleId>>,
}

/// The words of a search, as the database compares them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Words {
    /// LIKE patterns; a text contains every word if it matches all.
    pub patterns: Vec<String>,
    pub keys: Keys,
    /// Whether reading by the index takes less time than reading the list in its order.
    pub are_indexed: bool,
}

/// What the index of trigrams is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Keys {
    Trigrams(Vec<String>),
    /// Words too short for a trigram, escaped for LIKE: the texts have words that begin with them.
    Beginnings(Vec<String>),
}

impl Default for Keys {
    fn default() -> Self {
        Self::Trigrams(Vec::new())
    }
}

impl Keys {
    pub fn all(&self) -> &[String] {
        match self {
            Self::Trigrams(all) | Self::Beginnings(all) => all,
        }
    }
}

/// The words of a search, as they stand in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainWords {
    pub contained: Vec<String>,
    pub beginnings: Vec<String>,
}

/// Where a word begins: at the start of the text, or after one of these characters.
pub const BEFORE_WORDS: [char; 6] = [' ', '\n', '(', '/', '@', '.'];

/// Maximum schedules that are looked up at once. More would take longer than reading a page of them.
const MAX_LISTED: i64 = 1_500;

/// The same, as estimated from the sample before anything is looked up.
pub const MAX_EXPECTED: f64 = 750.;

/// The share of the schedules above which reading the list in its order takes less time than the index, unless
/// they are few.
const MANY: f64 = 0.03;

pub fn find(conn: &mut PgConnection, search: &Search, sample: &TextSample) -> Result<SearchResult> {
    let (words, number) = Words::new(patterns(conn, search)?, sample);
    let found = if words.are_indexed && number <= MAX_EXPECTED { looked_up(conn, &words)? } else { None };
    Ok(SearchResult { words, found })
}

/// The patterns with which the texts are compared. Patterns that differ only in accents appear once.
fn patterns(conn: &mut PgConnection, search: &Search) -> Result<Vec<String>> {
    let query = db::replanned("SELECT DISTINCT searchable(p) FROM unnest($1) AS p").bind(search.all());
    Ok(query.load(conn)?)
}

impl Words {
    /// The words, and the estimated number of schedules that contain them.
    fn new(patterns: Vec<String>, sample: &TextSample) -> (Self, f64) {
        let mut words = Self { patterns, ..Self::default() };
        let trigrams = sample.rare_trigrams(&words.plain().contained);
        words.keys = Keys::Trigrams(trigrams);
        if words.keys.all().is_empty() {
            let (short, others) = words.patterns.into_iter().partition(|pattern| is_short(pattern));
            words.patterns = others;
            words.keys = Keys::Beginnings(short.iter().map(|pattern| escaped(pattern).to_owned()).collect());
        }
        let share = sample.share(&words.plain());
        let number = sample.number_of(share);
        let are_many = share > MANY && number > MAX_LISTED as f64;
        words.are_indexed = !are_many && !words.keys.all().is_empty();
        (words, number)
    }

    pub fn plain(&self) -> PlainWords {
        let beginnings = match &self.keys {
            Keys::Trigrams(_) => Vec::new(),
            Keys::Beginnings(words) => words.iter().map(|word| unescaped(word)).collect(),
        };
        let contained = self.patterns.iter().map(|pattern| unescaped(escaped(pattern))).collect();
        PlainWords { contained, beginnings }
    }

    /// SQL condition by the index: the text `x` has the keys `$keys` and matches the patterns `$patterns`. The
    /// index must be used for the keys only: `|| ''` hides the patterns from it.
    pub fn indexed(&self, keys: usize, patterns: usize) -> String {
        let keys = self.keys_in_text(keys);
        format!("{keys}x.search || '' LIKE ALL (${patterns})")
    }

    /// SQL condition for one schedule `s`, which reads its text. The planner takes what a subquery returns to be
    /// true for half of the rows. For LIKE it would expect next to none, and so read and sort all schedules
    /// instead of the first.
    pub fn compared(&self, keys: usize, patterns: usize) -> String {
        let beginnings = match &self.keys {
            Keys::Trigrams(_) => String::new(),
            Keys::Beginnings(_) => self.keys_in_text(keys),
        };
        format!(
            "(SELECT {beginnings}x.search LIKE ALL (${patterns}) FROM schedule_texts x WHERE x.schedule_id = s.id)"
        )
    }

    /// SQL: the text `x` has each of the keys `$keys`. Ends with AND.
    fn keys_in_text(&self, keys: usize) -> String {
        let in_text = |place| {
            let key = format!("(${keys}::text[])[{place}]");
            match &self.keys {
                Keys::Trigrams(_) => format!("x.search LIKE '%' || {key} || '%' AND "),
                Keys::Beginnings(_) => {
                    let after = |c| format!(" OR x.search LIKE '%{c}' || {key} || '%'");
                    let anywhere: String = BEFORE_WORDS.iter().map(after).collect();
                    format!("(x.search LIKE {key} || '%'{anywhere}) AND ")
                }
            }
        };
        (1..=self.keys.all().len()).map(in_text).collect()
    }
}

/// The word of the pattern `%word%`, escaped.
fn escaped(pattern: &str) -> &str {
    pattern.strip_prefix('%').and_then(|p| p.strip_suffix('%')).unwrap_or(pattern)
}

fn unescaped(word: &str) -> String {
    let mut plain = String::new();
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

/// Whether a pattern is that of one or two letters or digits.
fn is_short(pattern: &str) -> bool {
    let word = escaped(pattern);
    (1..=2).contains(&word.chars().count()) && word.chars().all(char::is_alphanumeric)
}

/// Schedules whose texts contain the words; `None` if they are more than [`MAX_LISTED`]. MATERIALIZED hides
/// the limit from the planner, which would otherwise read all texts.
fn looked_up(conn: &mut PgConnection, words: &Words) -> Result<Option<Vec<ScheduleId>>> {
    let ids: Vec<ScheduleId> = db::replanned(format!(
        "WITH found AS MATERIALIZED (SELECT x.schedule_id AS id FROM schedule_texts x WHERE {})
         SELECT id FROM found LIMIT $3",
        words.indexed(1, 2)
    ))
    .bind(words.keys.all())
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
        words.indexed(1, 2)
    ))
    .bind(words.keys.all())
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

/// The schedules saved after `last` whose texts contain the words.
pub fn added(conn: &mut PgConnection, words: &Words, last: ScheduleId) -> Result<Vec<ScheduleId>> {
    let added = db::replanned(format!(
        "SELECT s.id FROM (SELECT id FROM schedules WHERE id > $3 ORDER BY id LIMIT $4) s WHERE {}",
        words.compared(1, 2)
    ))
    .bind(words.keys.all())
    .bind(&words.patterns)
    .bind(last)
    .bind(MAX_LISTED);
    Ok(added.load(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(patterns: &[&str]) -> Words {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Words::new(patterns, &TextSample::default()).0
    }

    #[test]
    fn a_pattern_gives_the_word_that_was_typed() {
        assert_eq!(unescaped(escaped(r"%100\%\_a\\b%")), r"100%_a\b");
    }

    #[test]
    fn only_a_search_of_short_words_looks_for_beginnings() {
        let plain = |contained: &[&str], beginnings: &[&str]| {
            let all = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            PlainWords { contained: all(contained), beginnings: all(beginnings) }
        };
        assert_eq!(words(&["%jo%", "%silva%"]).plain(), plain(&["jo", "silva"], &[]));
        assert_eq!(words(&["%jo%", "%42%"]).plain(), plain(&[], &["jo", "42"]));
        assert_eq!(words(&["%jo%", r"%\%%"]).plain(), plain(&["%"], &["jo"]));
        assert!(!words(&[r"%\%%"]).are_indexed);
    }
}

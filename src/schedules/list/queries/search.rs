//! Finds schedules by contact, person, comment or message.
//!
//! `schedule_texts` holds these as one text per schedule, with a trigram index. The index is queried with few
//! trigrams, because each takes time to read: those that are rarest in a sample of the texts. The texts that
//! it finds are compared with the whole words. If according to the sample many schedules contain every word,
//! the index is not used: reading the list in its order soon fills a page.
//!
//! The statements are SQL text, because their plans depend on how they are written.

use diesel::dsl::max;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::schema::schedules;
use crate::web::Search;

/// The result of a search.
#[derive(Clone, Debug)]
pub enum SearchResult {
    These(Vec<ScheduleId>),
    /// Too many to list. Contains the patterns with which texts are compared.
    TooMany(Vec<String>),
}

/// Maximum schedules that are listed by id. With more, reading the list in order takes less time.
const MAX_LISTED: i64 = 1_500;

/// Approximate number of texts in the sample: enough to recognize words that one in 200 schedules contains.
const SAMPLE: i64 = 1_000;

/// Characters in a trigram; shorter words have none.
const TRIGRAM: usize = 3;

/// Maximum trigrams of a word that are compared with the sample: a pasted text may be one long word.
const MAX_TRIGRAMS: usize = 40;

pub fn find(conn: &mut PgConnection, search: &Search) -> Result<SearchResult> {
    let patterns = patterns(conn, search)?;
    let (sample, each_stands_for) = sample(conn)?;
    let words: Vec<String> = patterns.iter().map(|pattern| unescaped(pattern)).collect();
    let with_words = sample.iter().filter(|text| words.iter().all(|word| text.contains(word))).count();
    let trigrams = rare_trigrams(&words, &sample);
    if trigrams.is_empty() || with_words as f64 * each_stands_for > 2. * MAX_LISTED as f64 {
        return Ok(SearchResult::TooMany(patterns));
    }
    Ok(match looked_up(conn, &trigrams, &patterns)? {
        Some(ids) => SearchResult::These(ids),
        None => SearchResult::TooMany(patterns),
    })
}

/// The patterns with which the texts are compared. Patterns that differ only in accents appear once.
fn patterns(conn: &mut PgConnection, search: &Search) -> Result<Vec<String>> {
    let query = db::replanned("SELECT DISTINCT searchable(p) FROM unnest($1) AS p").bind(search.all());
    Ok(query.load(conn)?)
}

/// Texts of some schedules, and the number of schedules that each of them represents. The sample consists of
/// randomly chosen blocks of the table.
fn sample(conn: &mut PgConnection) -> Result<(Vec<String>, f64)> {
    let rows: Vec<(String, i64)> = db::replanned(format!(
        "SELECT x.search, size.schedules
           FROM (SELECT greatest(reltuples, 0)::bigint AS schedules
                   FROM pg_class WHERE oid = 'schedule_texts'::regclass) size
          CROSS JOIN (SELECT left(search, 1000) AS search FROM schedule_texts TABLESAMPLE SYSTEM (
                         (SELECT least(100, 100 * {SAMPLE} / greatest(reltuples, 1))
                            FROM pg_class WHERE oid = 'schedule_texts'::regclass)) LIMIT 2 * {SAMPLE}) x"
    ))
    .load(conn)?;
    let each_stands_for = rows.first().map_or(0., |(_, schedules)| *schedules as f64 / rows.len() as f64);
    Ok((rows.into_iter().map(|(text, _)| text).collect(), each_stands_for))
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

/// Chooses the trigrams for the index: the rarest of each word, then others, as long as each excludes more of
/// the sample's texts that do not contain all words.
fn rare_trigrams(words: &[String], texts: &[String]) -> Vec<String> {
    let holding = |trigram: &String| texts.iter().filter(|text| text.contains(trigram)).count();
    let mut chosen: Vec<String> =
        words.iter().filter_map(|word| trigrams(word).into_iter().min_by_key(holding)).collect();
    let with_words = |text: &&String| words.iter().all(|word| text.contains(word));
    let mut others: Vec<&String> = texts.iter().filter(|text| !with_words(text)).collect();
    loop {
        others.retain(|text| chosen.iter().all(|trigram| text.contains(trigram)));
        let left = |trigram: &String| others.iter().filter(|text| text.contains(trigram)).count();
        match words.iter().flat_map(|word| trigrams(word)).min_by_key(left) {
            Some(trigram) if left(&trigram) < others.len() => chosen.push(trigram),
            _ => return chosen,
        }
    }
}

/// All sequences of three letters or digits in the first [`MAX_TRIGRAMS`] positions.
fn trigrams(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let windows = chars.windows(TRIGRAM).take(MAX_TRIGRAMS);
    windows
        .filter(|window| window.iter().all(|c| c.is_alphanumeric()))
        .map(|window| window.iter().collect())
        .collect()
}

/// Schedules whose texts match all patterns; `None` if they are more than [`MAX_LISTED`]. The index must be used
/// for the trigrams only: `|| ''` hides the patterns from it. MATERIALIZED hides the limit from the planner,
/// which would otherwise read all texts.
fn looked_up(
    conn: &mut PgConnection,
    trigrams: &[String],
    patterns: &[String],
) -> Result<Option<Vec<ScheduleId>>> {
    let indexed =
        (1..=trigrams.len()).map(|place| format!("x.search LIKE '%' || ($1::text[])[{place}] || '%'"));
    let ids: Vec<ScheduleId> = db::replanned(format!(
        "WITH found AS MATERIALIZED (
            SELECT x.schedule_id AS id FROM schedule_texts x WHERE {} AND x.search || '' LIKE ALL ($2))
         SELECT id FROM found LIMIT $3",
        indexed.collect::<Vec<_>>().join(" AND ")
    ))
    .bind(trigrams)
    .bind(patterns)
    .bind(MAX_LISTED + 1)
    .load(conn)?;
    Ok((ids.len() as i64 <= MAX_LISTED).then_some(ids))
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

    fn chosen(words: &[&str], texts: &[&str]) -> Vec<String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        rare_trigrams(&owned(words), &owned(texts))
    }

    #[test]
    fn a_word_is_looked_up_by_its_rarest_trigram() {
        let texts = ["marina costa", "maria lima", "karina barbosa"];
        assert_eq!(chosen(&["maria"], &texts), ["ria"]);
        assert_eq!(chosen(&["costa", "karina"], &texts), ["cos", "kar"]);
        assert_eq!(chosen(&["ana@b.c"], &texts), ["ana"]);
    }

    #[test]
    fn a_word_whose_trigrams_are_common_is_looked_up_by_more_of_them() {
        let texts = ["348 9480", "348 7806", "480 806", "806 480", "48065"];
        assert_eq!(chosen(&["34806"], &texts), ["348", "480", "806"]);
    }

    #[test]
    fn a_word_without_three_letters_in_a_row_cannot_be_looked_up() {
        assert!(chosen(&["a.b", "jo", "%"], &["a.b jo"]).is_empty());
    }

    #[test]
    fn a_pattern_gives_the_word_that_was_typed() {
        assert_eq!(unescaped(r"%100\%\_a\\b%"), r"100%_a\b");
    }
}

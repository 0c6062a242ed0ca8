//! A sample of the schedules and the texts that a search compares. It estimates how many schedules contain a
//! word, how many of those match the filters, and which trigrams are rare.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::filter_values::DELIVERY;
use super::search::{BEFORE_WORDS, PlainWords};
use crate::db;
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::outbox::DeliveryState;
use crate::schedules::{Action, Status};

/// Approximate number of schedules in the sample: enough to recognize words that one in 1,000 contains.
const SIZE: i64 = 4_000;

/// Characters that are read of each text.
const MAX_CHARS: i64 = 1_000;

/// Characters in a trigram; shorter words have none.
const TRIGRAM: usize = 3;

/// Maximum trigrams of a word that are compared with the sample: a pasted text may be one long word.
const MAX_TRIGRAMS: usize = 40;

type Trigram = [char; TRIGRAM];

db::row_by_position! {
    /// What the filters compare of a schedule.
    #[derive(Clone, Debug)]
    pub struct SampledSchedule {
        pub search: String,
        pub status: Status,
        pub department_id: DepartmentId,
        /// 0 means the queue, as in the filters.
        pub attendant_or_queue: i64,
        pub created_by: Option<UserId>,
        pub action: Action,
        pub delivery: Option<DeliveryState>,
        pub due_at: DateTime<Utc>,
        /// The number of all schedules.
        pub size: i64,
    }
}

#[derive(Debug, Default)]
pub struct TextSample {
    schedules: Vec<SampledSchedule>,
    /// The places in `schedules` of the texts that contain a trigram, ascending.
    places: HashMap<Trigram, Vec<u16>>,
    /// The number of schedules that each one represents.
    each_stands_for: f64,
}

impl TextSample {
    /// Reads randomly chosen blocks of the table. OFFSET 0 keeps the planner from reading all schedules beside them.
    pub fn load(conn: &mut PgConnection) -> Result<Self> {
        let schedules: Vec<SampledSchedule> = db::replanned(format!(
            "SELECT x.search, s.status, s.department_id, coalesce(s.attendant_id, 0) AS attendant_or_queue,
                    s.created_by, s.action, {DELIVERY} AS delivery, s.due_at, size.schedules AS size
               FROM (SELECT greatest(reltuples, 0)::bigint AS schedules
                       FROM pg_class WHERE oid = 'schedule_texts'::regclass) size
              CROSS JOIN (SELECT schedule_id, left(search, {MAX_CHARS}) AS search FROM schedule_texts TABLESAMPLE SYSTEM (
                             (SELECT least(100, 100 * {SIZE} / greatest(reltuples, 1))
                                FROM pg_class WHERE oid = 'schedule_texts'::regclass)) LIMIT 2 * {SIZE}) x
              CROSS JOIN LATERAL (SELECT * FROM schedules WHERE id = x.schedule_id OFFSET 0) s"
        ))
        .load(conn)?;
        Ok(Self::of(schedules))
    }

    pub fn of(schedules: Vec<SampledSchedule>) -> Self {
        let mut places: HashMap<Trigram, Vec<u16>> = HashMap::new();
        for (place, schedule) in (0..).zip(&schedules) {
            for trigram in trigrams_of_text(&schedule.search) {
                let of_trigram = places.entry(trigram).or_default();
                if of_trigram.last() != Some(&place) {
                    of_trigram.push(place);
                }
            }
        }
        let size = schedules.first().map_or(0, |schedule| schedule.size);
        let each_stands_for = size as f64 / schedules.len().max(1) as f64;
        Self { schedules, places, each_stands_for }
    }

    /// The schedules whose texts contain all words.
    pub fn containing(&self, words: &PlainWords) -> impl Iterator<Item = &SampledSchedule> {
        self.with_words(words).into_iter().map(|place| &self.schedules[usize::from(place)])
    }

    pub fn schedules(&self) -> &[SampledSchedule] {
        &self.schedules
    }

    /// The share of the texts that contain all words, from 0 to 1.
    pub fn share(&self, words: &PlainWords) -> f64 {
        self.with_words(words).len() as f64 / self.schedules.len().max(1) as f64
    }

    /// The number of schedules that a share of the texts represents.
    pub fn number_of(&self, share: f64) -> f64 {
        share * self.schedules.len() as f64 * self.each_stands_for
    }

    /// Chooses the trigrams for the index: the rarest of each word, then others, as long as each excludes more
    /// of the sample's texts that do not contain all words.
    pub fn rare_trigrams(&self, words: &[String]) -> Vec<String> {
        let rarest =
            |word: &String| trigrams(word).into_iter().min_by_key(|trigram| self.places(trigram).len());
        let mut chosen: Vec<Trigram> = words.iter().filter_map(rarest).collect();
        let with_words = self.with_all(words);
        let mut others = self.with_trigrams(&chosen);
        others.retain(|place| with_words.binary_search(place).is_err());
        let all: Vec<Trigram> = words.iter().flat_map(|word| trigrams(word)).collect();
        loop {
            let left = |trigram: &Trigram| in_both(&others, self.places(trigram));
            match all.iter().map(|trigram| (left(trigram), trigram)).min_by_key(|(left, _)| left.len()) {
                Some((left, trigram)) if left.len() < others.len() => {
                    chosen.push(*trigram);
                    others = left;
                }
                _ => return chosen.iter().map(|trigram| trigram.iter().collect()).collect(),
            }
        }
    }

    /// The places of the texts that contain all words, ascending.
    fn with_words(&self, words: &PlainWords) -> Vec<u16> {
        let mut places = self.with_all(&words.contained);
        places.retain(|place| words.beginnings.iter().all(|word| has_beginning(self.text(*place), word)));
        places
    }

    fn with_all(&self, words: &[String]) -> Vec<u16> {
        let trigrams: Vec<Trigram> = words.iter().flat_map(|word| trigrams(word)).collect();
        let mut places = self.with_trigrams(&trigrams);
        places.retain(|place| words.iter().all(|word| self.text(*place).contains(word)));
        places
    }

    fn text(&self, place: u16) -> &str {
        &self.schedules[usize::from(place)].search
    }

    /// The places of the texts that contain all trigrams, ascending.
    fn with_trigrams(&self, trigrams: &[Trigram]) -> Vec<u16> {
        let all = (0..).take(self.schedules.len()).collect();
        trigrams.iter().fold(all, |places: Vec<u16>, trigram| in_both(&places, self.places(trigram)))
    }

    fn places(&self, trigram: &Trigram) -> &[u16] {
        self.places.get(trigram).map_or(&[], Vec::as_slice)
    }
}

/// Whether a word of the text begins with `beginning`.
fn has_beginning(text: &str, beginning: &str) -> bool {
    let mut places = text.match_indices(beginning).map(|(at, _)| text[..at].chars().next_back());
    places.any(|before| before.is_none_or(|c| BEFORE_WORDS.contains(&c)))
}

/// What two ascending lists have in common.
fn in_both(one: &[u16], other: &[u16]) -> Vec<u16> {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.iter().copied().filter(|place| long.binary_search(place).is_ok()).collect()
}

/// The trigrams in the first [`MAX_TRIGRAMS`] positions of a word.
fn trigrams(word: &str) -> Vec<Trigram> {
    let chars: Vec<char> = word.chars().take(MAX_TRIGRAMS + TRIGRAM - 1).collect();
    of_letters(&chars).collect()
}

fn trigrams_of_text(text: &str) -> Vec<Trigram> {
    let chars: Vec<char> = text.chars().collect();
    of_letters(&chars).collect()
}

/// All sequences of three letters or digits.
fn of_letters(chars: &[char]) -> impl Iterator<Item = Trigram> {
    let windows = chars.windows(TRIGRAM).filter_map(|window| Trigram::try_from(window).ok());
    windows.filter(|trigram| trigram.iter().all(|c| c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(texts: &[&str]) -> TextSample {
        let schedule = |text: &&str| SampledSchedule {
            search: (*text).to_owned(),
            status: Status::Scheduled,
            department_id: DepartmentId(1),
            attendant_or_queue: 0,
            created_by: None,
            action: Action::OpenTicket,
            delivery: None,
            due_at: DateTime::UNIX_EPOCH,
            size: 1_000,
        };
        TextSample::of(texts.iter().map(schedule).collect())
    }

    fn contained(all: &[&str]) -> PlainWords {
        PlainWords { contained: words(all), ..PlainWords::default() }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_word_is_looked_up_by_its_rarest_trigram() {
        let sample = sample(&["marina costa", "maria lima", "karina barbosa"]);
        assert_eq!(sample.rare_trigrams(&words(&["maria"])), ["ria"]);
        assert_eq!(sample.rare_trigrams(&words(&["costa", "karina"])), ["cos", "kar"]);
        assert_eq!(sample.rare_trigrams(&words(&["ana@b.c"])), ["ana"]);
    }

    #[test]
    fn a_word_whose_trigrams_are_common_is_looked_up_by_more_of_them() {
        let sample = sample(&["348 9480", "348 7806", "480 806", "806 480", "48065"]);
        assert_eq!(sample.rare_trigrams(&words(&["34806"])), ["348", "480", "806"]);
    }

    #[test]
    fn a_word_without_three_letters_in_a_row_cannot_be_looked_up() {
        assert!(sample(&["a.b jo"]).rare_trigrams(&words(&["a.b", "jo", "%"])).is_empty());
    }

    #[test]
    fn the_number_of_schedules_with_a_word_is_estimated() {
        let sample = sample(&["marina costa", "maria lima", "karina barbosa", "rita costa"]);
        assert_eq!(sample.number_of(sample.share(&contained(&["costa"]))), 500.);
        assert_eq!(sample.number_of(sample.share(&contained(&["costa", "rita"]))), 250.);
        assert_eq!(sample.share(&contained(&["tereza"])), 0.);
    }

    #[test]
    fn a_short_word_is_looked_for_where_words_begin() {
        let sample = sample(&["ze pereira", "luz e cia", "(ze) alves", "rosa.ze@example.com"]);
        let beginnings = PlainWords { beginnings: words(&["ze"]), ..PlainWords::default() };
        assert_eq!(sample.share(&beginnings), 0.75);
    }

    #[test]
    fn a_sample_without_texts_still_gives_trigrams() {
        let sample = sample(&[]);
        assert_eq!(sample.share(&contained(&["maria"])), 0.);
        assert_eq!(sample.rare_trigrams(&words(&["maria"])), ["mar"]);
    }
}

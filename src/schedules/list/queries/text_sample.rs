//! A sample of the texts that a search compares. It estimates how many schedules contain a word, and which
//! trigrams are rare.

use std::collections::HashMap;

use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;

/// Approximate number of texts in the sample: enough to recognize words that one in 1,000 schedules contains.
const SIZE: i64 = 4_000;

/// Characters that are read of each text.
const MAX_CHARS: i64 = 1_000;

/// Characters in a trigram; shorter words have none.
const TRIGRAM: usize = 3;

/// Maximum trigrams of a word that are compared with the sample: a pasted text may be one long word.
const MAX_TRIGRAMS: usize = 40;

type Trigram = [char; TRIGRAM];

#[derive(Debug, Default)]
pub struct TextSample {
    texts: Vec<String>,
    /// The places in `texts` of the texts that contain a trigram, ascending.
    places: HashMap<Trigram, Vec<u16>>,
    /// The number of schedules that each text represents.
    each_stands_for: f64,
}

impl TextSample {
    /// Reads randomly chosen blocks of the table.
    pub fn load(conn: &mut PgConnection) -> Result<Self> {
        let rows: Vec<(String, i64)> = db::replanned(format!(
            "SELECT x.search, size.schedules
               FROM (SELECT greatest(reltuples, 0)::bigint AS schedules
                       FROM pg_class WHERE oid = 'schedule_texts'::regclass) size
              CROSS JOIN (SELECT left(search, {MAX_CHARS}) AS search FROM schedule_texts TABLESAMPLE SYSTEM (
                             (SELECT least(100, 100 * {SIZE} / greatest(reltuples, 1))
                                FROM pg_class WHERE oid = 'schedule_texts'::regclass)) LIMIT 2 * {SIZE}) x"
        ))
        .load(conn)?;
        let schedules = rows.first().map_or(0, |(_, schedules)| *schedules);
        Ok(Self::of(rows.into_iter().map(|(text, _)| text).collect(), schedules))
    }

    fn of(texts: Vec<String>, schedules: i64) -> Self {
        let mut places: HashMap<Trigram, Vec<u16>> = HashMap::new();
        for (place, text) in (0..).zip(&texts) {
            for trigram in trigrams_of_text(text) {
                let of_trigram = places.entry(trigram).or_default();
                if of_trigram.last() != Some(&place) {
                    of_trigram.push(place);
                }
            }
        }
        let each_stands_for = schedules as f64 / texts.len().max(1) as f64;
        Self { texts, places, each_stands_for }
    }

    /// The share of the texts that contain all words, from 0 to 1.
    pub fn share(&self, words: &[String]) -> f64 {
        self.with_words(words).len() as f64 / self.texts.len().max(1) as f64
    }

    /// The number of schedules that a share of the texts represents.
    pub fn number_of(&self, share: f64) -> f64 {
        share * self.texts.len() as f64 * self.each_stands_for
    }

    /// Chooses the trigrams for the index: the rarest of each word, then others, as long as each excludes more
    /// of the sample's texts that do not contain all words.
    pub fn rare_trigrams(&self, words: &[String]) -> Vec<String> {
        let rarest =
            |word: &String| trigrams(word).into_iter().min_by_key(|trigram| self.places(trigram).len());
        let mut chosen: Vec<Trigram> = words.iter().filter_map(rarest).collect();
        let with_words = self.with_words(words);
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
    fn with_words(&self, words: &[String]) -> Vec<u16> {
        let trigrams: Vec<Trigram> = words.iter().flat_map(|word| trigrams(word)).collect();
        let mut places = self.with_trigrams(&trigrams);
        places.retain(|place| words.iter().all(|word| self.texts[usize::from(*place)].contains(word)));
        places
    }

    /// The places of the texts that contain all trigrams, ascending.
    fn with_trigrams(&self, trigrams: &[Trigram]) -> Vec<u16> {
        let all = (0..).take(self.texts.len()).collect();
        trigrams.iter().fold(all, |places: Vec<u16>, trigram| in_both(&places, self.places(trigram)))
    }

    fn places(&self, trigram: &Trigram) -> &[u16] {
        self.places.get(trigram).map_or(&[], Vec::as_slice)
    }
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
        TextSample::of(texts.iter().map(|text| (*text).to_owned()).collect(), 1_000)
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
        assert_eq!(sample.number_of(sample.share(&words(&["costa"]))), 500.);
        assert_eq!(sample.number_of(sample.share(&words(&["costa", "rita"]))), 250.);
        assert_eq!(sample.share(&words(&["tereza"])), 0.);
    }

    #[test]
    fn a_sample_without_texts_still_gives_trigrams() {
        let sample = sample(&[]);
        assert_eq!(sample.share(&words(&["maria"])), 0.);
        assert_eq!(sample.rare_trigrams(&words(&["maria"])), ["mar"]);
    }
}

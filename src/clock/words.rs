//! Reads a time as people write it in Portuguese: `amanhã 9h`, `seg 14:30`, `em 2 dias`, `depois do almoço`.
//!
//! Rules that the words leave open, all told on the help page:
//!
//! - A time without a day is the next one: today if it is still ahead, else tomorrow.
//! - A day without a time asks for the time. "De manhã", "depois do almoço" and the like stand for a fixed hour.
//! - The clock has 24 hours. An hour from 1 to 6 without "da tarde", "da manhã" or a leading zero asks.
//! - A weekday is the next one. On that weekday itself it asks whether today or in a week; with "que vem" or
//!   "próxima" it asks if this week still has one.
//! - `5/12` is day and month. Without a year, the next such day.
//! - Hours and minutes are counted on the clock ("em 2 horas"), days, weeks and months on the calendar.
//! - Text in parentheses is a remark, so the [`echo`] of a time can be read again.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::Zone;

mod days;
mod echo;
mod hours;
mod numbers;
mod parts;
mod phrases;
mod resolve;
#[cfg(test)]
mod tests;
mod tokens;

pub use echo::{echo, label, short_echo};

/// Maximum length of a text, in characters.
pub const LIMIT: usize = 120;

/// What a text means at a moment, in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// One time, in the future.
    One(DateTime<Utc>),
    /// Several times fit, or a part is missing. At least one time, all in the future, the likeliest first.
    Choices {
        question: Question,
        times: Vec<DateTime<Utc>>,
    },
    Refused(Misreading),
}

/// What is asked where several times fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The text names a day and no time.
    Hour,
    /// The text fits several days or hours.
    Which,
    /// The clocks skip the time; the nearest times before and after it exist.
    Skipped,
    /// The clocks show the time twice.
    Twice,
}

impl Question {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Hour => "A que horas?",
            Self::Which => "Qual destes horários?",
            Self::Skipped => "Esta hora não existe nesse dia, porque o relógio é adiantado. Qual destas?",
            Self::Twice => {
                "Esta hora acontece duas vezes nesse dia, porque o relógio é atrasado. Qual delas?"
            }
        }
    }
}

/// Why a text cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misreading {
    /// For the person who typed the text.
    pub sentence: String,
    /// The place in the text that is at fault, in bytes. Empty if the whole text is.
    pub place: Range<usize>,
}

impl Misreading {
    fn new(place: Range<usize>, sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), place }
    }

    /// The text in three parts: before the place, the place, after it.
    pub fn split<'a>(&self, text: &'a str) -> [&'a str; 3] {
        let Range { start, end } = self.place;
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        [part(0..start), part(start..end), part(end..text.len())]
    }
}

/// Reads the text as written at `now` in `zone`.
pub fn read(text: &str, now: DateTime<Utc>, zone: Zone) -> Reading {
    if text.chars().count() > LIMIT {
        return Reading::Refused(Misreading::new(0..0, "Escreva só a data e a hora, em poucas palavras."));
    }
    let tokens = tokens::tokens(text);
    match parts::parts(text, &tokens).and_then(|parts| resolve::resolve(&parts, now, zone)) {
        Ok(reading) => reading,
        Err(refusal) => Reading::Refused(refusal),
    }
}

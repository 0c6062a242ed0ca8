//! What a text says, part by part, before it is known which time that is.

use std::ops::Range;

use chrono::Weekday;

use super::Misreading;
use super::hours::{Clock, Period};
use super::phrases::{PHRASES, Phrase, month_named, weekday_named};
use super::tokens::{Kind, Number, Token};

mod clock;
mod date;
mod later;

pub(super) use clock::{clock_of, not_an_hour};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nth {
    This,
    Next,
}

/// Which of the weekdays with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `sexta`
    Any,
    /// `nesta sexta`
    This,
    /// `sexta que vem`, `próxima sexta`
    Coming,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Month {
    Named(u32),
    Nth(Nth),
}

/// A day that a rule finds. A workday is one from Monday to Friday: holidays are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    FirstDay,
    Middle,
    LastDay,
    FirstWorkday,
    LastWorkday,
    NextWorkday,
    Weekend,
}

/// `em 2 dias e 3 horas`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Later {
    pub months: u32,
    pub days: u64,
    /// `None` if no unit of the clock was named.
    pub minutes: Option<i64>,
}

/// A part, and where it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    pub value: T,
    pub place: Range<usize>,
}

#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub in_days: Option<Found<i64>>,
    pub weekday: Option<Found<(Weekday, Which)>>,
    pub week: Option<Found<Nth>>,
    pub day: Option<Found<u32>>,
    pub month: Option<Found<Month>>,
    pub year: Option<Found<i32>>,
    pub special: Option<Found<Special>>,
    pub later: Option<Found<Later>>,
    pub clock: Option<Found<Clock>>,
    pub period: Option<Found<Period>>,
    /// A number with nothing beside it that says what it counts.
    pub bare: Option<Found<Number>>,
    pub fold: Option<Found<usize>>,
}

impl Parts {
    pub fn has_day(&self) -> bool {
        self.in_days.is_some()
            || self.weekday.is_some()
            || self.week.is_some()
            || self.day.is_some()
            || self.special.is_some()
            || self.later.is_some()
    }

    fn is_empty(&self) -> bool {
        !self.has_day() && self.month.is_none() && self.clock.is_none() && self.period.is_none()
    }
}

/// The parts of `text`, whose tokens these are.
pub fn parts(text: &str, tokens: &[Token]) -> Result<Parts, Misreading> {
    let end = tokens.last().map_or(0, |token| token.place.end);
    if end == 0 {
        return Err(Misreading::new(0..0, "Escreva quando, por exemplo “amanhã 9h”."));
    }
    let mut reader = Reader { text, tokens, at: 0, parts: Parts::default(), is_hour_next: false };
    while reader.at < tokens.len() {
        reader.step()?;
    }
    let parts = reader.parts;
    if parts.is_empty() && parts.bare.is_none() {
        return Err(not_understood(text, place_of(tokens, 0..tokens.len())));
    }
    Ok(parts)
}

fn not_understood(text: &str, place: Range<usize>) -> Misreading {
    let part = text.get(place.clone()).unwrap_or(text);
    Misreading::new(
        place,
        format!("Não entendi “{part}”. Escreva, por exemplo, “amanhã 9h” ou “05/12 10:00”."),
    )
}

fn place_of(tokens: &[Token], range: Range<usize>) -> Range<usize> {
    let of = |at: usize| tokens.get(at).map(|token| token.place.clone()).unwrap_or_default();
    of(range.start).start..of(range.end.saturating_sub(1)).end
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    parts: Parts,
    /// Whether the word just read announces an hour: `às`, `pelas`.
    is_hour_next: bool,
}

impl Reader<'_> {
    /// Reads one part.
    fn step(&mut self) -> Result<(), Misreading> {
        let is_hour = std::mem::take(&mut self.is_hour_next);
        let found = self.phrase()?
            || self.later()?
            || self.weekday()?
            || is_hour && self.clock(true)?
            || self.date()?
            || self.clock(false)?;
        if found || self.filler() {
            return Ok(());
        }
        Err(not_understood(self.text, place_of(self.tokens, self.at..self.at + 1)))
    }

    fn phrase(&mut self) -> Result<bool, Misreading> {
        let fits = |(text, _): &&(&str, Phrase)| {
            text.split(' ').enumerate().all(|(nth, word)| self.word(nth) == Some(word))
        };
        let length = |text: &str| text.split(' ').count();
        let longest = PHRASES.iter().filter(fits).max_by_key(|(text, _)| length(text));
        let Some((text, phrase)) = longest else { return Ok(false) };
        let place = self.take(length(text));
        match *phrase {
            Phrase::InDays(days) => set(&mut self.parts.in_days, days, place, DATES)?,
            Phrase::Week(nth) => set(&mut self.parts.week, nth, place, DATES)?,
            Phrase::Month(nth) => set(&mut self.parts.month, Month::Nth(nth), place, DATES)?,
            Phrase::DayAndMonth(day, month) => {
                set(&mut self.parts.day, day, place.clone(), DATES)?;
                set(&mut self.parts.month, Month::Named(month), place, DATES)?;
            }
            Phrase::Special(special) => {
                set(&mut self.parts.special, special, place, DATES)?;
                // "Fim do mês que vem"
                if text.ends_with(" mes") && self.word(0) == Some("que") && self.word(1) == Some("vem") {
                    let place = self.take(2);
                    set(&mut self.parts.month, Month::Nth(Nth::Next), place, DATES)?;
                }
            }
            Phrase::Clock(clock) => {
                let minute = self.and_minutes().unwrap_or(0);
                set(&mut self.parts.clock, clock.with_minute(minute), place, TIMES)?;
            }
            Phrase::Period(period) => set(&mut self.parts.period, period, place, TIMES)?,
            Phrase::Fold(fold) => set(&mut self.parts.fold, fold, place, TIMES)?,
            Phrase::Nothing => {}
            Phrase::Refused(sentence) => return Err(Misreading::new(place, sentence)),
        }
        Ok(true)
    }

    /// `próxima sexta-feira`, `2ª`, `seg que vem`.
    fn weekday(&mut self) -> Result<bool, Misreading> {
        let before = match self.word(0) {
            Some("proxima" | "proximo") => Some(Which::Coming),
            Some(
                "esta" | "este" | "nesta" | "neste" | "essa" | "esse" | "nessa" | "nesse" | "desta" | "deste",
            ) => Some(Which::This),
            _ => None,
        };
        let start = usize::from(before.is_some());
        let Some((weekday, mut length)) = self.weekday_at(start) else { return Ok(false) };
        length += start;
        length += usize::from(self.word(length) == Some("feira"));
        let after = match (self.word(length), self.word(length + 1)) {
            (Some("que"), Some("vem")) => 2,
            (Some("proxima" | "proximo"), next) if next != Some("semana") => 1,
            _ => 0,
        };
        let which = if after > 0 { Which::Coming } else { before.unwrap_or(Which::Any) };
        let place = self.take(length + after);
        set(&mut self.parts.weekday, (weekday, which), place, DATES)?;
        Ok(true)
    }

    /// The weekday named by the tokens from `nth` on, and how many tokens name it.
    fn weekday_at(&self, nth: usize) -> Option<(Weekday, usize)> {
        if let Some(word) = self.word(nth) {
            return weekday_named(word).map(|weekday| (weekday, 1));
        }
        let number = self.number(nth).filter(|number| number.digits == 1)?;
        let ordinal = usize::from(self.sign(nth + 1) == Some('ª') || self.word(nth + 1) == Some("a"));
        let is_weekday = self.sign(nth + 1) == Some('ª') || self.word(nth + 1 + ordinal) == Some("feira");
        let weekday = match number.value {
            2 => Weekday::Mon,
            3 => Weekday::Tue,
            4 => Weekday::Wed,
            5 => Weekday::Thu,
            6 => Weekday::Fri,
            _ => return None,
        };
        is_weekday.then_some((weekday, 1 + ordinal))
    }

    /// A word or sign that only connects.
    fn filler(&mut self) -> bool {
        const WORDS: [&str; 22] = [
            "no", "na", "nos", "em", "a", "as", "ao", "o", "os", "de", "da", "do", "das", "para", "pra",
            "pelas", "la", "por", "volta", "umas", "e", "t",
        ];
        let (is_filler, is_hour_next) = match (self.word(0), self.sign(0)) {
            (Some(word), _) => (WORDS.contains(&word), matches!(word, "as" | "a" | "das" | "pelas" | "umas")),
            (_, Some(sign)) => (",;.!?·–—-@\"“”'".contains(sign), sign == '@'),
            _ => (false, false),
        };
        if is_filler {
            self.at += 1;
            self.is_hour_next = is_hour_next;
        }
        is_filler
    }

    fn word(&self, nth: usize) -> Option<&str> {
        match &self.tokens.get(self.at + nth)?.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn number(&self, nth: usize) -> Option<Number> {
        match self.tokens.get(self.at + nth)?.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    fn sign(&self, nth: usize) -> Option<char> {
        match self.tokens.get(self.at + nth)?.kind {
            Kind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    /// Whether nothing separates the token from the one before it.
    fn touches(&self, nth: usize) -> bool {
        let at = self.at + nth;
        let before = at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let (Some(before), Some(token)) = (before, self.tokens.get(at)) else { return false };
        before.place.end == token.place.start
    }

    /// The month whose name stands there.
    fn month(&self, nth: usize) -> Option<u32> {
        month_named(self.word(nth)?)
    }

    /// Goes past the next `length` tokens and returns their place.
    fn take(&mut self, length: usize) -> Range<usize> {
        let place = place_of(self.tokens, self.at..self.at + length);
        self.at += length;
        place
    }
}

pub(super) const DATES: &str = "Há duas datas no texto. Escreva uma só.";
pub(super) const TIMES: &str = "Há dois horários no texto. Escreva um só.";

/// Sets a part. A second one is refused, unless it says the same.
fn set<T: PartialEq>(
    part: &mut Option<Found<T>>,
    value: T,
    place: Range<usize>,
    twice: &str,
) -> Result<(), Misreading> {
    match part {
        Some(found) if found.value != value => Err(Misreading::new(place, twice)),
        Some(_) => Ok(()),
        None => {
            *part = Some(Found { value, place });
            Ok(())
        }
    }
}

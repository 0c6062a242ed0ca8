//! An hour: `9h30`, `14:30`, `nove e meia`, `dez para as nove`, `3 da tarde`.

use super::date::is_hour_unit;
use super::{Clock, Misreading, Number, Reader, TIMES, set};

impl Reader<'_> {
    /// Reads an hour. `is_announced` is true behind `às`: then a number alone is an hour.
    pub(super) fn clock(&mut self, is_announced: bool) -> Result<bool, Misreading> {
        let Some(number) = self.number(0) else { return Ok(false) };
        let start = self.at;
        if let Some(clock) = self.minutes_before(number) {
            let place = super::place_of(self.tokens, start..self.at);
            set(&mut self.parts.clock, clock, place, TIMES)?;
            return Ok(true);
        }
        let Some((minute, is_bare)) = self.minute_of(is_announced) else { return Ok(false) };
        let place = super::place_of(self.tokens, start..self.at);
        if is_bare && minute == 0 {
            if self.parts.bare.is_some() {
                return Err(Misreading::new(place, TIMES));
            }
            return set(&mut self.parts.bare, number, place, TIMES).map(|()| true);
        }
        let number = self.half_of_the_day(number);
        let Some(clock) = clock_of(number, minute) else {
            return Err(Misreading::new(place, not_an_hour(number.value, minute)));
        };
        set(&mut self.parts.clock, clock, place, TIMES)?;
        Ok(true)
    }

    /// Goes past the hour and its minutes. Returns the minute, and whether nothing shows that it is an hour.
    fn minute_of(&mut self, is_announced: bool) -> Option<(u32, bool)> {
        self.at += 1;
        if self.sign(0) == Some(':') {
            let minute = self.number(1)?;
            self.at += 2;
            if self.sign(0) == Some(':') && self.number(1).is_some_and(|second| second.value == 0) {
                self.at += 2;
            }
            self.at += usize::from(self.word(0).is_some_and(is_hour_unit));
            return Some((minute.value, false));
        }
        if self.word(0).is_some_and(is_hour_unit) {
            self.at += 1;
            return Some((self.minutes_after_hours().unwrap_or(0), false));
        }
        if let Some(minute) = self.and_minutes() {
            return Some((minute, false));
        }
        let is_dotted = self.sign(0) == Some('.') && self.number(1).is_some_and(|minute| minute.digits == 2);
        if is_dotted || self.is_minute(0) {
            let minute = self.number(usize::from(is_dotted))?;
            self.at += 1 + usize::from(is_dotted);
            return Some((minute.value, false));
        }
        let is_of_day = matches!(self.word(0), Some("da" | "de" | "a" | "na"))
            && matches!(self.word(1), Some("manha" | "tarde" | "noite" | "madrugada"));
        let is_shown = is_of_day || matches!(self.word(0), Some("am" | "pm"));
        let is_sharp = self.word(0) == Some("em") && self.word(1) == Some("ponto");
        Some((0, !(is_announced || is_shown || is_sharp)))
    }

    /// Minutes behind `9h`: `30`, `30 min`, `e meia`, `:30`.
    pub(super) fn minutes_after_hours(&mut self) -> Option<u32> {
        if let Some(minute) = self.and_minutes() {
            return Some(minute);
        }
        let colon = usize::from(self.sign(0) == Some(':'));
        let has_unit = self.number(colon).is_some() && self.is_minute_unit(colon + 1);
        if !has_unit && !self.is_minute(colon) {
            return None;
        }
        let minute = self.number(colon)?;
        self.at += colon + 1;
        self.at += usize::from(self.is_minute_unit(0));
        Some(minute.value)
    }

    /// `e meia`, `e 15`, `e quinze minutos`.
    pub(super) fn and_minutes(&mut self) -> Option<u32> {
        if self.word(0) != Some("e") {
            return None;
        }
        if self.word(1) == Some("meia") && self.word(2) != Some("hora") {
            self.at += 2;
            return Some(30);
        }
        let minute = self.number(1).filter(|number| number.value < 60)?;
        // `2h e 3 dias`, `9 e 10h`, `9 e 5/12`
        let follows = self.word(2).is_some_and(|word| {
            is_hour_unit(word) || matches!(word, "dia" | "dias" | "semana" | "semanas" | "mes" | "meses")
        });
        if follows || self.begins_date(1) {
            return None;
        }
        self.at += 2;
        self.at += usize::from(self.is_minute_unit(0));
        Some(minute.value)
    }

    /// Whether two digits stand there that can be minutes.
    fn is_minute(&self, nth: usize) -> bool {
        let follows = self.word(nth + 1).is_some_and(is_hour_unit) || self.sign(nth + 1) == Some(':');
        // "9h75" is a slip, and no second number.
        let fits = |number: Number| number.digits == 2 && (number.value < 60 || self.touches(nth));
        self.number(nth).is_some_and(fits) && !follows && !self.begins_date(nth)
    }

    fn is_minute_unit(&self, nth: usize) -> bool {
        matches!(self.word(nth), Some("min" | "mins" | "m" | "minuto" | "minutos"))
    }

    /// Whether the number there is the day of a date.
    fn begins_date(&self, nth: usize) -> bool {
        let is_sign = |sign: char| "/-.".contains(sign) && self.number(nth + 2).is_some();
        let of = usize::from(self.word(nth + 1) == Some("de"));
        self.sign(nth + 1).is_some_and(is_sign) || self.month(nth + 1 + of).is_some()
    }

    /// `dez para as nove`, `15 pro meio-dia`.
    fn minutes_before(&mut self, minutes: Number) -> Option<Clock> {
        let length = match (self.word(1), self.word(2)) {
            (Some("para" | "pra"), Some("as" | "a" | "o")) => 2,
            (Some("pras" | "pro" | "pra"), _) => 1,
            _ => return None,
        };
        let at = 1 + length;
        let (hour, taken) = match (self.number(at), self.word(at), self.word(at + 1)) {
            (Some(hour), _, _) => (hour, 1),
            (_, Some("meio"), Some("dia")) => (Number { value: 12, digits: 2, tens_and_unit: false }, 2),
            (_, Some("meia"), Some("noite")) => (Number { value: 24, digits: 2, tens_and_unit: false }, 2),
            _ => return None,
        };
        if !(1..60).contains(&minutes.value) || !(1..=24).contains(&hour.value) {
            return None;
        }
        let hour = Number { value: hour.value - 1, ..hour };
        self.at += at + taken;
        self.at += usize::from(self.word(0).is_some_and(is_hour_unit));
        clock_of(hour, 60 - minutes.value)
    }

    /// Reads `am` and `pm`, which English keyboards suggest.
    fn half_of_the_day(&mut self, number: Number) -> Number {
        let noon = match self.word(0) {
            Some("am") => 0,
            Some("pm") => 12,
            _ => return number,
        };
        self.at += 1;
        match number.value {
            1..=12 => Number { value: number.value % 12 + noon, digits: 2, ..number },
            _ => number,
        }
    }
}

/// The hour as written. `None` if the day has no such hour.
pub fn clock_of(hour: Number, minute: u32) -> Option<Clock> {
    Some(match (hour.value, minute) {
        (24, 0) => Clock::EndOfDay,
        (1..=6, 0..=59) if hour.digits != 2 => Clock::Open { hour: hour.value, minute },
        (0..=23, 0..=59) => Clock::Exact { hour: hour.value, minute },
        // "Vinte e cinco" is five past eight.
        (25..=29, 0) if hour.tens_and_unit => Clock::Exact { hour: 20, minute: hour.value - 20 },
        _ => return None,
    })
}

pub fn not_an_hour(hour: u32, minute: u32) -> String {
    let written = if minute == 0 { format!("{hour}h") } else { format!("{hour}:{minute:02}") };
    format!("{written} não é uma hora. O dia vai das 00:00 às 23:59.")
}

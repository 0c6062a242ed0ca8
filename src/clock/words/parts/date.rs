//! A date: `dia 5`, `5/12`, `05/12/2026`, `2026-12-05`, `5 de dezembro de 2026`.

use super::{DATES, Misreading, Month, Number, Reader, set};
use crate::clock::YEARS;

/// A date as written, and how many tokens it takes.
struct Written {
    day: u32,
    month: Option<u32>,
    year: Option<Number>,
    length: usize,
}

impl Reader<'_> {
    pub(super) fn date(&mut self) -> Result<bool, Misreading> {
        if let Some(month) = self.month(0) {
            let place = self.take(1);
            set(&mut self.parts.month, Month::Named(month), place, DATES)?;
            return Ok(true);
        }
        let is_named = self.word(0) == Some("dia");
        let start = usize::from(is_named);
        let Some(first) = self.number(start) else { return Ok(false) };
        let written = self.numeric(start, first, is_named).or_else(|| self.with_month(start, first));
        let written = match written {
            Some(written) => written,
            None if is_named || self.is_of_a_month(start + 1) => {
                Written { day: first.value, month: None, year: None, length: 1 + self.ordinal(start + 1) }
            }
            None => return Ok(false),
        };
        let place = self.take(start + written.length);
        let Written { day, month, year, .. } = written;
        if !(1..=31).contains(&day) {
            return Err(Misreading::new(place, format!("Não há dia {day}.")));
        }
        if let Some(month) = month.filter(|month| !(1..=12).contains(month)) {
            let swapped = match month {
                1..=31 if day <= 12 => format!(" Escreva o dia antes do mês: {month}/{day:02}."),
                _ => String::new(),
            };
            return Err(Misreading::new(place, format!("Não há mês {month}.{swapped}")));
        }
        if let Some(year) = year {
            let full = if year.digits == 2 { 2000 + year.value } else { year.value };
            let Some(full) = i32::try_from(full).ok().filter(|year| YEARS.contains(year)) else {
                return Err(Misreading::new(place, format!("Não há ano {full} aqui. Confira o ano.")));
            };
            set(&mut self.parts.year, full, place.clone(), DATES)?;
        }
        set(&mut self.parts.day, day, place.clone(), DATES)?;
        if let Some(month) = month {
            set(&mut self.parts.month, Month::Named(month), place, DATES)?;
        }
        Ok(true)
    }

    /// `5/12`, `5/12/26`, `05-12-2026`, `05.12`, `2026-12-05`.
    fn numeric(&self, start: usize, first: Number, is_named: bool) -> Option<Written> {
        let sign = self.sign(start + 1).filter(|sign| "/-.".contains(*sign))?;
        let second = self.number(start + 2)?;
        // "05.12. 10h" has no year.
        let is_third =
            self.sign(start + 3) == Some(sign) && self.touches(start + 3) && self.touches(start + 4);
        let third = self.number(start + 4).filter(|_| is_third);
        if let (4, Some(day)) = (first.digits, third) {
            return Some(Written { day: day.value, month: Some(second.value), year: Some(first), length: 5 });
        }
        if let Some(year) = third.filter(|year| matches!(year.digits, 2 | 4)) {
            return Some(Written {
                day: first.value,
                month: Some(second.value),
                year: Some(year),
                length: 5,
            });
        }
        // `9-10h` is no date, and `14.30` no day of a month.
        let is_hour = self.word(start + 3).is_some_and(is_hour_unit);
        let is_date = match sign {
            '/' => true,
            '-' => first.digits == 2 && second.digits == 2 && !is_hour,
            _ => is_named || second.value <= 12 && first.value <= 31 && !is_hour,
        };
        is_date.then_some(Written { day: first.value, month: Some(second.value), year: None, length: 3 })
    }

    /// `5 de dezembro`, `1º jan de 2027`.
    fn with_month(&self, start: usize, first: Number) -> Option<Written> {
        let mut length = 1 + self.ordinal(start + 1);
        length += usize::from(self.word(start + length) == Some("de"));
        let month = self.month(start + length)?;
        length += 1;
        let is_abbreviated = self.sign(start + length) == Some('.');
        let of = usize::from(is_abbreviated);
        let of = of + usize::from(self.word(start + length + of) == Some("de"));
        let is_year =
            |year: &Number| year.digits == 4 || of > usize::from(is_abbreviated) && year.digits == 2;
        // `5 dez 1430` is no year.
        let year = self
            .number(start + length + of)
            .filter(is_year)
            .filter(|year| year.digits == 2 || year.value >= 2000);
        if year.is_some() {
            length += of + 1;
        }
        Some(Written { day: first.value, month: Some(month), year, length })
    }

    fn ordinal(&self, nth: usize) -> usize {
        usize::from(self.sign(nth).is_some_and(|sign| "º°ª".contains(sign)))
    }

    /// `5 do mês que vem`, `10 deste mês`, `10 do próximo mês`.
    fn is_of_a_month(&self, nth: usize) -> bool {
        let is_of = matches!(self.word(nth), Some("do" | "deste" | "desse" | "neste" | "nesse"));
        is_of && (self.word(nth + 1) == Some("mes") || self.word(nth + 2) == Some("mes"))
    }
}

pub(super) fn is_hour_unit(word: &str) -> bool {
    matches!(word, "h" | "hs" | "hr" | "hrs" | "hora" | "horas")
}

//! A distance from now: `em 2 dias`, `daqui a uma hora e meia`, `+1 semana`.

use super::{DATES, Later, Misreading, Reader, set};

/// Larger numbers are slips of the finger.
const MOST: u32 = 9999;

impl Reader<'_> {
    pub(super) fn later(&mut self) -> Result<bool, Misreading> {
        let start = self.at;
        let prefix = match (self.word(0), self.word(1), self.sign(0)) {
            (Some("daqui"), Some("a"), _) | (Some("dentro"), Some("de"), _) => 2,
            (Some("daqui" | "em"), _, _) | (_, _, Some('+')) => 1,
            _ => 0,
        };
        self.at += prefix;
        let mut later = Later::default();
        let mut is_found = false;
        let mut may_be_hours = prefix > 0;
        while self.amount(&mut later, may_be_hours) {
            is_found = true;
            may_be_hours = self.word(0) == Some("e");
            self.at += usize::from(may_be_hours);
            if !self.begins_amount() {
                self.at -= usize::from(may_be_hours);
                break;
            }
        }
        let place = super::place_of(self.tokens, start..self.at);
        if is_found {
            set(&mut self.parts.later, later, place, DATES)?;
            return Ok(true);
        }
        self.at = start;
        if matches!(self.word(0), Some("daqui" | "dentro")) {
            let place = super::place_of(self.tokens, start..start + 1);
            let sentence = "Diga daqui a quanto tempo, por exemplo “daqui a 2 dias”.";
            return Err(Misreading::new(place, sentence));
        }
        Ok(false)
    }

    /// Whether another amount follows, with a unit of its own.
    fn begins_amount(&self) -> bool {
        self.word(0) == Some("meia") && self.word(1) == Some("hora")
            || self.number(0).is_some() && self.word(1).is_some_and(|unit| Unit::named(unit).is_some())
    }

    /// Reads one number with its unit. `2 horas` is two o'clock, also in `em 2 dias 14h`, unless `em` or `e`
    /// stands before it.
    fn amount(&mut self, later: &mut Later, may_be_hours: bool) -> bool {
        if self.word(0) == Some("meia") && self.word(1) == Some("hora") {
            self.at += 2;
            later.add_minutes(30);
            return true;
        }
        let (Some(number), Some(unit)) = (self.number(0), self.word(1).and_then(Unit::named)) else {
            return false;
        };
        if number.value > MOST || unit == Unit::Hour && !may_be_hours {
            return false;
        }
        self.at += 2;
        match unit {
            Unit::Minute => later.add_minutes(i64::from(number.value)),
            Unit::Hour => {
                let minutes = self.minutes_after_hours().unwrap_or(0);
                later.add_minutes(i64::from(number.value) * 60 + i64::from(minutes));
            }
            Unit::Day => later.days += u64::from(number.value),
            Unit::Week => later.days += 7 * u64::from(number.value),
            Unit::Month => later.months += number.value,
            Unit::Year => later.months += 12 * number.value,
        }
        true
    }
}

impl Later {
    fn add_minutes(&mut self, minutes: i64) {
        self.minutes = Some(self.minutes.unwrap_or(0) + minutes);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "min" | "mins" | "minuto" | "minutos" => Self::Minute,
            "h" | "hs" | "hr" | "hrs" | "hora" | "horas" => Self::Hour,
            "dia" | "dias" => Self::Day,
            "semana" | "semanas" | "sem" => Self::Week,
            "mes" | "meses" => Self::Month,
            "ano" | "anos" => Self::Year,
            _ => return None,
        })
    }
}

//! The time of day.

use super::Misreading;
use super::parts::{Found, Parts};

/// An hour as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Exact {
        hour: u32,
        minute: u32,
    },
    /// From 1 to 6, and possibly in the afternoon: `às 3`.
    Open {
        hour: u32,
        minute: u32,
    },
    /// `meia-noite`: of a day, its beginning or its end.
    Midnight {
        minute: u32,
    },
    /// `24h`: the end of the day.
    EndOfDay,
}

impl Clock {
    pub const NOON: Self = Self::Exact { hour: 12, minute: 0 };

    pub fn with_minute(self, minute: u32) -> Self {
        match self {
            Self::Exact { hour, .. } => Self::Exact { hour, minute },
            Self::Open { hour, .. } => Self::Open { hour, minute },
            Self::Midnight { .. } => Self::Midnight { minute },
            Self::EndOfDay => self,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Early,
    Morning,
    BeforeLunch,
    Lunch,
    AfterLunch,
    Afternoon,
    EndOfDay,
    Evening,
    Night,
}

impl Period {
    /// The hours that it stands for. The night names several, because nobody means a certain one.
    fn hours(self) -> &'static [u32] {
        match self {
            Self::Early => &[8],
            Self::Morning => &[9],
            Self::BeforeLunch => &[11],
            Self::Lunch => &[12],
            Self::AfterLunch => &[14],
            Self::Afternoon => &[15],
            Self::EndOfDay => &[17],
            Self::Evening => &[19],
            Self::Night => &[1, 3, 5],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Early | Self::Morning | Self::BeforeLunch => "de manhã",
            Self::Lunch | Self::AfterLunch | Self::Afternoon | Self::EndOfDay => "à tarde",
            Self::Evening => "à noite",
            Self::Night => "de madrugada",
        }
    }

    /// The hour of the day for an hour on the dial: 3 in the afternoon is 15. `None` if it is not in the period.
    fn hour(self, hour: u32) -> Option<u32> {
        match (self, hour) {
            (Self::Early | Self::Morning | Self::BeforeLunch, 1..=12) => Some(hour),
            (Self::Lunch | Self::AfterLunch | Self::Afternoon | Self::EndOfDay, 1..=7) => Some(hour + 12),
            (Self::Lunch | Self::AfterLunch | Self::Afternoon | Self::EndOfDay, 11..=19) => Some(hour),
            (Self::Evening, 6..=11) => Some(hour + 12),
            (Self::Evening, 18..=23) => Some(hour),
            (Self::Night, 0..=6) => Some(hour),
            (Self::Night, 12) => Some(0),
            _ => None,
        }
    }
}

/// A time of day, on the named day or on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    pub hour: u32,
    pub minute: u32,
    pub is_next_day: bool,
}

impl Hour {
    pub fn at(hour: u32, minute: u32) -> Self {
        Self { hour, minute, is_next_day: false }
    }
}

/// The hours that the text may mean, the likeliest first. Empty if it names none.
pub fn hours(parts: &Parts) -> Result<Vec<Hour>, Misreading> {
    let period = parts.period.as_ref();
    let Some(Found { value: clock, place }) = &parts.clock else {
        let named = period.map_or(&[][..], |period| period.value.hours());
        return Ok(named.iter().map(|hour| Hour::at(*hour, 0)).collect());
    };
    Ok(match (*clock, period) {
        (Clock::Exact { hour, minute } | Clock::Open { hour, minute }, Some(period)) => {
            // "12 da noite" is midnight.
            if period.value == Period::Evening && matches!(hour, 0 | 12) {
                return Ok(midnight(minute, parts.has_day()));
            }
            let Some(hour) = period.value.hour(hour) else {
                let sentence = format!("{hour}h não é {}.", period.value.name());
                return Err(Misreading::new(place.clone(), sentence));
            };
            vec![Hour::at(hour, minute)]
        }
        (Clock::Exact { hour, minute }, None) => vec![Hour::at(hour, minute)],
        (Clock::Open { hour, minute }, None) => vec![Hour::at(hour + 12, minute), Hour::at(hour, minute)],
        (Clock::Midnight { minute }, _) => midnight(minute, parts.has_day()),
        (Clock::EndOfDay, _) => vec![Hour { is_next_day: true, ..Hour::at(0, 0) }],
    })
}

/// Midnight of a day is its beginning or its end. Without a day, it is the next.
fn midnight(minute: u32, has_day: bool) -> Vec<Hour> {
    let begins = Hour::at(0, minute);
    if has_day { vec![begins, Hour { is_next_day: true, ..begins }] } else { vec![begins] }
}

//! From the parts of a text to the times that it may mean.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, Timelike, Utc};

use super::hours::{Hour, hours};
use super::parts::{Found, Later, Parts, TIMES, clock_of, not_an_hour};
use super::tokens::Number;
use super::{Misreading, Question, Reading, days, echo};
use crate::clock::{Resolved, Zone};

/// Hours that are proposed for a day without one.
const PROPOSED: [u32; 3] = [9, 14, 17];
/// More choices help nobody.
const MOST_CHOICES: usize = 6;

/// When and where the text is read.
struct Moment {
    now: DateTime<Utc>,
    zone: Zone,
    /// Which of the two, where the clocks show a time twice.
    fold: Option<usize>,
}

pub fn resolve(parts: &Parts, now: DateTime<Utc>, zone: Zone) -> Result<Reading, Misreading> {
    let moment = Moment { now, zone, fold: parts.fold.as_ref().map(|fold| fold.value) };
    match (&parts.later, &parts.bare) {
        (Some(Found { value: later @ Later { minutes: Some(minutes), .. }, place }), bare) => {
            if parts.clock.is_some() || parts.period.is_some() || bare.is_some() {
                return Err(Misreading::new(place.clone(), TIMES));
            }
            moment.counted(parts, *later, *minutes)
        }
        (_, Some(bare)) => moment.with_bare_number(parts, bare),
        _ => moment.read(parts),
    }
}

impl Moment {
    /// `em 2 horas`: hours and minutes are counted on the clock, after the days on the calendar.
    fn counted(&self, parts: &Parts, later: Later, minutes: i64) -> Result<Reading, Misreading> {
        let start = match days::days(parts, self.today())?.unwrap_or_default()[..] {
            [day] if later.months > 0 || later.days > 0 => {
                self.zone.first_at(day.and_time(self.zone.local(self.now).time()))
            }
            _ => self.now,
        };
        let to_the_minute = |at: DateTime<Utc>| at.trunc_subsecs(0).with_second(0);
        let at = start.checked_add_signed(TimeDelta::minutes(minutes)).and_then(to_the_minute);
        match at.filter(|at| *at > self.now) {
            Some(at) => Ok(Reading::One(at)),
            None => Err(Misreading::new(0..0, "Escreva um tempo de pelo menos um minuto.")),
        }
    }

    /// A number that says neither hour nor day: `amanhã 9`, `sexta 13`, `9`.
    fn with_bare_number(&self, parts: &Parts, bare: &Found<Number>) -> Result<Reading, Misreading> {
        let number = bare.value.value;
        let is_day = (1..=31).contains(&number) && parts.day.is_none();
        let as_day = Parts {
            bare: None,
            day: Some(Found { value: number, place: bare.place.clone() }),
            ..parts.clone()
        };
        if parts.clock.is_some() {
            let may_be_day = is_day && parts.in_days.is_none() && parts.later.is_none();
            let refused = || Err(Misreading::new(bare.place.clone(), TIMES));
            return if may_be_day { self.read(&as_day) } else { refused() };
        }
        let Some(clock) = clock_of(bare.value, 0) else {
            let may_be_day = is_day && !parts.has_day();
            let refused = || Err(Misreading::new(bare.place.clone(), not_an_hour(number, 0)));
            return if may_be_day { self.read(&as_day) } else { refused() };
        };
        let clock = Some(Found { value: clock, place: bare.place.clone() });
        let as_hour = self.read(&Parts { bare: None, clock, ..parts.clone() })?;
        let day = match &parts.weekday {
            Some(weekday) if is_day && parts.week.is_none() => {
                days::day_on(weekday.value.0, number, self.today())
            }
            None if is_day && !parts.has_day() && parts.period.is_none() => {
                days::days(&as_day, self.today())?.and_then(|days| days.first().copied())
            }
            _ => None,
        };
        let Some(day) = day else { return Ok(as_hour) };
        let more = PROPOSED.iter().flat_map(|hour| self.times(self.local(day, Hour::at(*hour, 0))).0);
        let mut times = as_hour.into_times();
        times.extend(more.take(1));
        Ok(choices(Question::Which, times))
    }

    fn read(&self, parts: &Parts) -> Result<Reading, Misreading> {
        let hours = hours(parts)?;
        let days = days::days(parts, self.today())?;
        let (locals, question) = match days {
            Some(days) if hours.is_empty() => {
                let question = if days.len() == 1 { Question::Hour } else { Question::Which };
                (self.proposed(&days, parts)?, Some(question))
            }
            Some(days) => {
                let pairs = days.iter().flat_map(|day| hours.iter().map(move |hour| (*day, *hour)));
                (pairs.map(|(day, hour)| self.local(day, hour)).collect(), None)
            }
            None => (hours.iter().filter_map(|hour| self.next(*hour)).collect(), None),
        };
        let found: Vec<_> = locals.iter().map(|local| self.times(*local)).collect();
        let special = found.iter().find_map(|(_, question)| *question).filter(|_| found.len() == 1);
        let times: Vec<_> = found.into_iter().flat_map(|(times, _)| times).collect();
        match (&times[..], question.or(special)) {
            ([], _) => Err(self.past(&locals)),
            ([only], None) => Ok(Reading::One(*only)),
            (_, question) => Ok(choices(question.unwrap_or(Question::Which), times)),
        }
    }

    /// Times of days without an hour. Late on the same day, these are the next full hours.
    fn proposed(&self, days: &[NaiveDate], parts: &Parts) -> Result<Vec<NaiveDateTime>, Misreading> {
        let now = self.zone.local(self.now);
        let hours = if days.len() > 2 { &PROPOSED[..1] } else { &PROPOSED[..] };
        let pairs = days.iter().flat_map(|day| hours.iter().map(move |hour| (*day, Hour::at(*hour, 0))));
        let mut proposed: Vec<_> = pairs.map(|(day, hour)| self.local(day, hour)).collect();
        if parts.later.is_some() {
            let as_now = Hour::at(now.hour(), now.minute());
            proposed.extend(days.iter().map(|day| self.local(*day, as_now)));
        }
        let first = proposed.first().copied();
        proposed.retain(|local| *local > now);
        if !proposed.is_empty() {
            return Ok(proposed);
        }
        if days == [now.date()] {
            let full = (now.hour() + 1..24).take(PROPOSED.len());
            proposed.extend(full.map(|hour| self.local(now.date(), Hour::at(hour, 0))));
            if proposed.is_empty() {
                let sentence = "O dia de hoje está no fim. Escreva também a hora, ou outro dia.";
                return Err(Misreading::new(0..0, sentence));
            }
        }
        // Without one in the future, the caller says that the day is over.
        let over = first.map(|first| first.date().and_time(NaiveTime::MIN));
        Ok(if proposed.is_empty() { over.into_iter().collect() } else { proposed })
    }

    /// The next time that the clocks show an hour.
    fn next(&self, hour: Hour) -> Option<NaiveDateTime> {
        let days = self.today().iter_days().take(3);
        days.map(|day| self.local(day, hour)).find(|local| !self.times(*local).0.is_empty())
    }

    /// The instants in the future for a local time, and what must be asked about them.
    fn times(&self, local: NaiveDateTime) -> (Vec<DateTime<Utc>>, Option<Question>) {
        let future =
            |times: Vec<DateTime<Utc>>| -> Vec<_> { times.into_iter().filter(|at| *at > self.now).collect() };
        match (self.zone.resolve(local), self.fold) {
            (Resolved::One(at), _) => (future(vec![at]), None),
            (Resolved::Twice(first, _), Some(0)) => (future(vec![first]), None),
            (Resolved::Twice(_, second), Some(_)) => (future(vec![second]), None),
            (Resolved::Twice(first, second), None) => {
                let times = future(vec![first, second]);
                let question = (times.len() == 2).then_some(Question::Twice);
                (times, question)
            }
            (Resolved::Never, _) => {
                let beside = self.zone.around(local).into_iter().flatten().collect();
                (future(beside), Some(Question::Skipped))
            }
        }
    }

    fn past(&self, locals: &[NaiveDateTime]) -> Misreading {
        let sentence = match locals.first() {
            Some(local) if local.time() == NaiveTime::MIN => {
                format!("{} já passou. Escreva uma data futura.", echo::day(local.date(), self.today()))
            }
            Some(local) => {
                format!("{} já passou. Escreva uma hora futura.", echo::label(*local, self.today()))
            }
            None => "Escreva uma data e uma hora futuras.".into(),
        };
        Misreading::new(0..0, sentence)
    }

    fn local(&self, day: NaiveDate, hour: Hour) -> NaiveDateTime {
        let day = day.checked_add_days(Days::new(u64::from(hour.is_next_day))).unwrap_or(day);
        day.and_time(NaiveTime::from_hms_opt(hour.hour, hour.minute, 0).unwrap_or(NaiveTime::MIN))
    }

    fn today(&self) -> NaiveDate {
        self.zone.day(self.now)
    }
}

fn choices(question: Question, times: Vec<DateTime<Utc>>) -> Reading {
    let mut different = Vec::with_capacity(times.len());
    for at in times {
        if !different.contains(&at) {
            different.push(at);
        }
    }
    different.truncate(MOST_CHOICES);
    Reading::Choices { question, times: different }
}

impl Reading {
    fn into_times(self) -> Vec<DateTime<Utc>> {
        match self {
            Self::One(at) => vec![at],
            Self::Choices { times, .. } => times,
            Self::Refused(_) => Vec::new(),
        }
    }
}

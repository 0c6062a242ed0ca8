//! The phrases of `phrases.txt`, and properties that hold for all texts, zones and moments.

use chrono::{NaiveDateTime, TimeDelta};

use super::*;
use crate::clock::Resolved;

/// The moment at which the phrases are read: Monday, 10:20 in São Paulo.
const MONDAY: &str = "2026-11-30T13:20:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn sao_paulo() -> Zone {
    Zone::named("America/Sao_Paulo")
}

/// The reading as `phrases.txt` writes it.
fn in_words(text: &str, now: DateTime<Utc>, zone: Zone) -> String {
    let label = |at: &DateTime<Utc>| short_echo(*at, now, zone);
    match read(text, now, zone) {
        Reading::One(at) => label(&at),
        Reading::Choices { times, .. } => {
            format!("? {}", times.iter().map(label).collect::<Vec<_>>().join(" | "))
        }
        Reading::Refused(refusal) => format!("! {} [{}]", refusal.sentence, refusal.split(text)[1]),
    }
}

#[test]
fn the_phrases_of_the_table_are_read_asked_about_or_refused() {
    let rows = include_str!("phrases.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let (mut wrong, mut kinds) = (Vec::new(), [0; 3]);
    for (phrase, expected) in rows.map(|row| row.split_once(" = ").unwrap()) {
        let found = in_words(phrase, at(MONDAY), sao_paulo());
        kinds[usize::from(expected.starts_with('?')) + 2 * usize::from(expected.starts_with('!'))] += 1;
        if found != expected.trim_end() {
            wrong.push(format!("{phrase}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(kinds.iter().sum::<i32>() >= 300 && kinds.iter().all(|count| *count >= 30), "{kinds:?}");
}

#[test]
fn what_is_asked_names_what_is_missing_or_doubled() {
    let question = |text: &str, now: &str, zone: &str| match read(text, at(now), Zone::named(zone)) {
        Reading::Choices { question, times } => (question, times.len()),
        other => panic!("{text}: {other:?}"),
    };
    let zone = "America/Sao_Paulo";
    assert_eq!(question("amanhã", MONDAY, zone), (Question::Hour, 3));
    assert_eq!(question("seg 14:30", MONDAY, zone), (Question::Which, 2));
    let autumn = "2027-10-01T12:00:00Z";
    assert_eq!(question("31/10 01:30", autumn, "Europe/Lisbon"), (Question::Twice, 2));
    assert_eq!(question("28/03 01:30", "2027-03-01T12:00:00Z", "Europe/Lisbon"), (Question::Skipped, 2));
}

#[test]
fn a_doubled_hour_is_told_apart_in_words() {
    let (now, zone) = (at("2027-10-01T12:00:00Z"), Zone::named("Europe/Lisbon"));
    for (vez, expected) in [("primeira", "2027-10-31T00:30:00Z"), ("segunda", "2027-10-31T01:30:00Z")] {
        let text = format!("31/10 01:30 da {vez} vez");
        assert_eq!(read(&text, now, zone), Reading::One(at(expected)));
    }
}

#[test]
fn days_are_counted_on_the_calendar_and_hours_on_the_clock() {
    // In Lisbon the night before 31 October 2027 has 25 hours.
    let (now, zone) = (at("2027-10-30T09:00:00Z"), Zone::named("Europe/Lisbon"));
    assert_eq!(read("em 24 horas", now, zone), Reading::One(at("2027-10-31T09:00:00Z")));
    assert_eq!(read("em 1 dia às 10h", now, zone), Reading::One(at("2027-10-31T10:00:00Z")));
    assert_eq!(in_words("em 24 horas", now, zone), "dom, 31 out, 09:00");
}

#[test]
fn late_in_the_evening_the_next_full_hours_are_proposed() {
    let evening = at("2026-12-01T00:10:00Z");
    assert_eq!(in_words("hoje", evening, sao_paulo()), "? seg, 30 nov, 22:00 | seg, 30 nov, 23:00");
    let end = at("2026-12-01T02:30:00Z");
    assert!(in_words("hoje", end, sao_paulo()).starts_with("! O dia de hoje está no fim."));
    assert_eq!(in_words("9h", end, sao_paulo()), "ter, 1 dez, 09:00");
}

#[test]
fn a_text_that_is_too_long_is_not_read() {
    assert!(
        in_words(&"amanhã ".repeat(40), at(MONDAY), sao_paulo()).starts_with("! Escreva só a data e a hora")
    );
}

/// The same pseudo-random numbers in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.roll(list.len())]
    }
}

fn zones() -> Vec<Zone> {
    chrono_tz::TZ_VARIANTS.iter().map(|zone| Zone::named(zone.name())).collect()
}

#[test]
fn no_text_makes_the_reader_fail_or_answer_with_the_past() {
    let words: Vec<&str> = include_str!("phrases.txt").split([' ', '=', '|', '\n']).collect();
    let signs = [
        "/",
        "-",
        ":",
        ".",
        "º",
        "ª",
        "+",
        "(",
        ")",
        "\u{301}",
        "İ",
        "ß",
        "🙂",
        "９",
        "\u{a0}",
        "0",
        "4294967296",
    ];
    let (zones, mut dice) = (zones(), Dice(0x9e37_79b9_7f4a_7c15));
    for _ in 0..60_000 {
        let mut text = String::new();
        for _ in 0..1 + dice.roll(8) {
            let pool = if dice.roll(4) == 0 { &signs[..] } else { &words[..] };
            let word: &&str = dice.of(pool);
            text.push_str(word);
            if dice.roll(3) > 0 {
                text.push(' ');
            }
        }
        let now = at("2000-01-01T00:00:00Z") + TimeDelta::seconds(dice.roll(1_600_000_000) as i64);
        let zone = *dice.of(&zones);
        let times = match read(&text, now, zone) {
            Reading::One(at) => vec![at],
            Reading::Choices { times, .. } => {
                assert!(!times.is_empty(), "{text}");
                times
            }
            Reading::Refused(refusal) => {
                assert_eq!(refusal.split(&text).concat(), text, "{refusal:?}");
                continue;
            }
        };
        for at in times {
            assert!(at > now, "{text}: {at} at {now} in {zone:?}");
            let echoed = echo(at, now, zone);
            assert_eq!(read(&echoed, now, zone), Reading::One(at), "{text}: {echoed} at {now} in {zone:?}");
        }
    }
}

/// The moments at which the clocks of a zone change between two years, to the minute.
fn changes(zone: Zone, from: i32, to: i32) -> Vec<DateTime<Utc>> {
    let start = at(&format!("{from}-01-01T00:00:00Z"));
    let days = (i64::from(to - from)) * 366;
    let hours = (0..days * 24).step_by(6).map(|hour| start + TimeDelta::hours(hour));
    let before: Vec<_> = hours.collect();
    let differ = |pair: &&[DateTime<Utc>]| zone.offset(pair[0]) != zone.offset(pair[1]);
    let to_the_minute = |pair: &[DateTime<Utc>]| {
        let mut minutes = (1..=360).map(|minute| pair[0] + TimeDelta::minutes(minute));
        minutes.find(|minute| zone.offset(*minute) != zone.offset(pair[0])).unwrap()
    };
    before.windows(2).filter(differ).map(to_the_minute).collect()
}

#[test]
fn the_echo_of_a_time_is_read_as_the_same_time_around_every_change_of_the_clocks() {
    let mut checked = 0;
    for zone in zones() {
        for change in changes(zone, 2026, 2028) {
            for minutes in (-150..=150).step_by(15) {
                let due = change + TimeDelta::minutes(minutes);
                for before in [1, 61, 60 * 26, 60 * 24 * 40, 60 * 24 * 400] {
                    let now = due - TimeDelta::minutes(before);
                    let text = echo(due, now, zone);
                    assert_eq!(read(&text, now, zone), Reading::One(due), "{text} at {now} in {zone:?}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 50_000, "{checked}");
}

#[test]
fn a_skipped_hour_is_asked_about_and_a_doubled_one_gives_both() {
    let mut seen = [0; 2];
    for zone in zones() {
        for change in changes(zone, 2026, 2028) {
            for minutes in [-30, 0, 30] {
                // Both local times on the clocks: with the offset before the change, and with the one after it.
                let (old, new) = (zone.local(change - TimeDelta::minutes(1)), zone.local(change));
                for local in [old, new].map(|local| local + TimeDelta::minutes(minutes)) {
                    let now = change - TimeDelta::days(3);
                    seen = check_local(zone, local, now, seen);
                }
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}

fn check_local(zone: Zone, local: NaiveDateTime, now: DateTime<Utc>, mut seen: [i32; 2]) -> [i32; 2] {
    let text = local.format("%d/%m/%Y %H:%M").to_string();
    let reading = read(&text, now, zone);
    let asked = |asked: Question| match &reading {
        Reading::Choices { question, times } if *question == asked => times.clone(),
        other => panic!("{text} in {zone:?}: {other:?}"),
    };
    match zone.resolve(local) {
        Resolved::One(at) => assert_eq!(reading, Reading::One(at), "{text} in {zone:?}"),
        Resolved::Twice(first, second) => {
            assert_eq!(asked(Question::Twice), [first, second]);
            seen[0] += 1;
        }
        Resolved::Never => {
            let [before, after] = zone.around(local).map(Option::unwrap);
            assert_eq!(asked(Question::Skipped), [before, after]);
            seen[1] += 1;
        }
    }
    seen
}

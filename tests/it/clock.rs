//! Compares the wall clock with a model, for some zones from 2000 to 2035. Every minute around every clock change
//! must occur at as many instants as `resolve` says. The model only reads what the clocks show at each instant,
//! minute by minute, and inverts that.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDateTime, TimeZone, Timelike, Utc};
use pontual::clock::{Resolved, Zone};

/// Minutes before and after a change that are tried. No clock was moved by more in these years.
const AROUND: i64 = 4 * 60;

/// Each zone with the minimum number of changes that it must have had.
const ZONES: [(&str, usize); 5] = [
    ("America/Sao_Paulo", 38),
    ("Europe/Lisbon", 70),
    ("America/Asuncion", 45),
    ("Australia/Lord_Howe", 70), // by half an hour
    ("Africa/Casablanca", 70),   // twice more each year, around Ramadan
];

#[test]
fn every_minute_around_every_change_of_the_clocks_means_what_the_clocks_showed() {
    for (name, at_least) in ZONES {
        let zone = Zone::named(name);
        assert_eq!(zone.name(), name);
        let changes = changes(zone);
        assert!(changes.len() >= at_least, "{name}: {} changes", changes.len());
        let mut kinds = [0; 3];
        for change in changes {
            for (kind, count) in compare(zone, change).into_iter().enumerate() {
                kinds[kind] += count;
            }
        }
        assert!(kinds.iter().all(|count| *count > 0), "{name}: counts of never, once and twice: {kinds:?}");
    }
}

/// The first minute after each change.
fn changes(zone: Zone) -> Vec<DateTime<Utc>> {
    let shift = |at: DateTime<Utc>| zone.local(at) - at.naive_utc();
    let (mut at, end) = (
        Utc.with_ymd_and_hms(2000, 1, 1, 0, 0, 0).unwrap(),
        Utc.with_ymd_and_hms(2036, 1, 1, 0, 0, 0).unwrap(),
    );
    let mut found = Vec::new();
    while at < end {
        let next = at + Duration::hours(1);
        if shift(at) != shift(next) {
            let minutes = (1..=60).map(|minute| at + Duration::minutes(minute));
            found.extend(minutes.into_iter().find(|minute| shift(*minute) != shift(at)));
        }
        at = next;
    }
    found
}

/// Compares each minute around `change`. Returns how many wall-clock minutes occurred never, once and twice.
fn compare(zone: Zone, change: DateTime<Utc>) -> [usize; 3] {
    let mut shown: BTreeMap<NaiveDateTime, Vec<DateTime<Utc>>> = BTreeMap::new();
    for minute in -2 * AROUND..2 * AROUND {
        let at = change + Duration::minutes(minute);
        shown.entry(zone.local(at)).or_default().push(at);
        let back = zone.resolve(zone.local(at));
        let is_there = match back {
            Resolved::One(one) => one == at,
            Resolved::Twice(first, second) => first == at || second == at,
            Resolved::Never => false,
        };
        assert!(is_there, "{}: {at} does not round-trip: {back:?}", zone.name());
    }
    let mut kinds = [0; 3];
    let middle = zone.local(change).with_second(0).unwrap();
    for minute in -AROUND..AROUND {
        let local = middle + Duration::minutes(minute);
        let instants = shown.get(&local).cloned().unwrap_or_default();
        kinds[instants.len()] += 1;
        let expected = match instants[..] {
            [] => Resolved::Never,
            [one] => Resolved::One(one),
            [first, second] => Resolved::Twice(first, second),
            _ => panic!("{}: {local} occurs three times", zone.name()),
        };
        assert_eq!(zone.resolve(local), expected, "{}: {local}", zone.name());
    }
    kinds
}

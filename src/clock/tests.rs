use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn local(text: &str) -> NaiveDateTime {
    parse_input(text).unwrap()
}

#[test]
fn a_time_that_the_clocks_skip_does_not_exist() {
    let zone = Zone::named("America/Sao_Paulo");
    assert_eq!(zone.resolve(local("2018-11-04T00:30")), Resolved::Never);
}

#[test]
fn a_time_that_the_clocks_repeat_exists_twice() {
    let zone = Zone::named("America/Sao_Paulo");
    let twice = Resolved::Twice(at("2019-02-17T01:30:00Z"), at("2019-02-17T02:30:00Z"));
    assert_eq!(zone.resolve(local("2019-02-16T23:30")), twice);
    let lisbon = Zone::named("Europe/Lisbon");
    assert!(matches!(lisbon.resolve(local("2027-10-31T01:30")), Resolved::Twice(..)));
}

#[test]
fn a_day_begins_when_its_clocks_first_show_it() {
    for (zone, day, start) in [
        ("America/Sao_Paulo", "2026-12-05", "2026-12-05T03:00:00Z"),
        // The clocks skip midnight: the day begins at 01:00 summer time.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
        // The hour before midnight occurs twice and belongs to the previous day.
        ("America/Sao_Paulo", "2019-02-17", "2019-02-17T03:00:00Z"),
        // The first hour of the day occurs twice.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
        // The clocks skip a whole day.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
    ] {
        assert_eq!(Zone::named(zone).start_of(parse_day(day).unwrap()), at(start), "{zone} {day}");
    }
}

#[test]
fn beside_a_time_that_does_not_exist_lie_two_that_do() {
    let zone = Zone::named("America/Sao_Paulo");
    let [before, after] = zone.around(local("2018-11-04T00:30")).map(Option::unwrap);
    assert_eq!((before, after), (at("2018-11-04T02:59:00Z"), at("2018-11-04T03:00:00Z")));
    assert_eq!((zone.offset(before).as_str(), zone.offset(after).as_str()), ("UTC−03:00", "UTC−02:00"));
}

#[test]
fn dates_read_as_in_brazil() {
    let zone = Zone::named("America/Sao_Paulo");
    let due = at("2026-12-05T13:00:00Z");
    assert_eq!(zone.date_time(due), "05/12/2026 às 10:00");
    assert_eq!(zone.long_date(due), "Sábado, 05/12/2026");
    assert_eq!(zone.free_time_label(due), "sáb., 05/12/2026 às 10:00");
    assert_eq!(zone.input(due), "2026-12-05T10:00");
}

#[test]
fn notifications_tell_time_as_people_do() {
    let zone = Zone::named("America/Sao_Paulo");
    let now = at("2026-12-05T13:00:00Z");
    for (then, text) in [
        ("2026-12-05T12:59:30Z", "agora"),
        ("2026-12-05T12:58:00Z", "há 2 min"),
        ("2026-12-05T12:00:00Z", "09:00"),
        ("2026-12-05T02:00:00Z", "ontem"),
        ("2026-12-03T02:00:00Z", "02/12/2026"),
    ] {
        assert_eq!(zone.relative(at(then), now), text);
    }
}

#[test]
fn a_typed_date_and_time_is_read_as_people_in_brazil_write_it() {
    let ten = local("2026-12-05T10:00");
    assert_eq!(typed(ten), "05/12/2026 10:00");
    for text in [
        "05/12/2026 10:00",
        " 5/12/2026  10:00 ",
        "05/12/26 10h",
        "05/12/2026 às 10:00",
        "05/12/2026, 10:00",
        "05-12-2026 10h00",
        "05.12.2026 1000",
        "051220261000",
        "05122026 1000",
        "2026-12-05T10:00",
    ] {
        assert_eq!(parse_typed(text), Some(ten), "{text}");
    }
    for text in [
        "31/02/2026 10:00",
        "12/31/2026 10:00",
        "05/12/2026",
        "10:00",
        "05/12/2026 25:00",
        "05/12/2026 10:60",
        "05/12/1999 10:00",
        "05/12/9999 10:00",
        "+5/12/2026 10:00",
        "05/12 10:00",
        "éé/12/2026 10:00",
        "",
    ] {
        assert_eq!(parse_typed(text), None, "{text}");
    }
}

#[test]
fn a_date_input_is_read_to_the_minute() {
    assert_eq!(parse_input("2026-12-05T10:00:00"), parse_input("2026-12-05T10:00"));
    for bad in ["2026-12-05T10:00:30", "2026-02-30T10:00", "05/12/2026 10:00", "10000-01-01T00:00", ""] {
        assert_eq!(parse_input(bad), None, "{bad}");
    }
}

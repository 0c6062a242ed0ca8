//! The demonstration company.

use pontual::demo::large::{Refusal, Sizes, load};

use crate::harness::{Company, Database};

#[test]
fn the_demonstration_fills_an_empty_database_once() {
    let database = Database::new();
    assert!(pontual::demo::fill(&mut database.connect()).unwrap());
    assert!(pontual::demo::is_loaded(&mut database.connect()).unwrap());
    assert!(!pontual::demo::fill(&mut database.connect()).unwrap());
    let findings = pontual::check::run(&mut database.connect()).unwrap();
    let broken: Vec<_> =
        findings.iter().filter(|finding| !finding.is_ok()).map(|finding| finding.to_string()).collect();
    assert_eq!(broken, Vec::<String>::new());
    let states = database.texts("SELECT DISTINCT status AS value FROM schedules ORDER BY 1");
    assert_eq!(states, ["cancelled", "completed", "failed", "scheduled"]);
    let soon = "SELECT count(*) AS value FROM schedules
                 WHERE status = 'scheduled' AND due_at BETWEEN now() AND now() + interval '2 minutes'";
    assert_eq!(database.number(soon), 1);
}

const SMALL: Sizes = Sizes { schedules: 5_000, contacts: 1_000, notifications: 9_000, reminders: 2 };

#[test]
fn the_large_demonstration_keeps_every_promise() {
    let database = Database::new();
    let mut conn = database.connect();
    let shape = "SELECT indexdef AS value FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1";
    let before = database.texts(shape);

    let mut steps = Vec::new();
    load(&mut conn, SMALL, |step| steps.push(step.to_owned())).unwrap().unwrap();

    assert_eq!(database.texts(shape), before, "indexes and constraints are unchanged");
    assert!(steps.last().unwrap().ends_with("done"), "{steps:?}");
    let findings = pontual::check::run(&mut conn).unwrap();
    let broken: Vec<_> = findings.iter().filter(|finding| !finding.is_ok()).map(|f| f.to_string()).collect();
    assert_eq!(broken, Vec::<String>::new());
    for (table, least) in
        [("schedules", 5_000), ("contacts", 1_000), ("people", 200), ("notifications", 9_000)]
    {
        let count = database.number(&format!("SELECT count(*) AS value FROM {table}"));
        assert!((least..least + 20).contains(&count), "{table}: {count}");
    }
    assert_eq!(database.number("SELECT spacing_minutes::bigint AS value FROM settings"), 0);
    assert_eq!(load(&mut conn, SMALL, |_| ()).unwrap(), Err(Refusal::LoadedBefore));
}

#[test]
fn the_large_demonstration_leaves_a_real_company_alone() {
    let database = Database::new();
    Company::found(&database);
    assert_eq!(load(&mut database.connect(), SMALL, |_| ()).unwrap(), Err(Refusal::NotEmpty));
    let crowded = Sizes { contacts: 100, schedules: 5_100, ..SMALL };
    assert_eq!(load(&mut Database::new().connect(), crowded, |_| ()).unwrap(), Err(Refusal::Sizes));
}

//! The demonstration company.

use crate::harness::Database;

#[test]
fn the_demonstration_fills_an_empty_database_once() {
    let database = Database::new();
    assert!(pontual::demo::fill(&mut database.connect()).unwrap());
    assert!(pontual::demo::is_in(&mut database.connect()).unwrap());
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

//! A property test: for every role with three permissions, random allowed requests never give access to a conversation
//! that the role alone does not give. Two ways are allowed and counted apart: a schedule that opens a ticket under the
//! walker's name, and a notification of somebody else's schedule.
//!
//! The walks use every route that changes something, except those in `routes::LEFT_OUT`.
//!
//! `PONTUAL_WALK_STEPS` sets the length of the walks, `PONTUAL_WALK_SEED` their course. A failure prints both and the
//! requests that led to it.

mod deeds;
mod routes;
mod walker;

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::thread;

use actix_web::rt::System;
use pontual::auth::Permission;

use self::routes::{CHANGING, LEFT_OUT};
use self::walker::{Rng, Tally, Walker};
use super::world::{self, CONTACTS, WALKER, WALKER_EMAIL};
use crate::harness::TestApp;

const PERMISSIONS: [&str; 10] = [
    "schedules",
    "tickets",
    "tickets_all",
    "contacts",
    "departments",
    "users",
    "roles",
    "channels",
    "settings",
    "audit",
];

/// Number of steps per walk.
const STEPS: u64 = 16;

const SEED: u64 = 2_026;

/// How often each allowed way must give access in all walks, so that the walks say something about it.
const MIN_OCCURRENCES: usize = 15;

/// Number of walks at the same time.
const THREADS: usize = 4;

/// The permissions of a walker.
type Role = [&'static str; 3];

/// SQL that breaks a rule of the product.
type Broken = Option<&'static str>;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// All combinations of three permissions.
fn roles() -> Vec<Role> {
    let mut roles = Vec::new();
    for (a, first) in PERMISSIONS.iter().enumerate() {
        for (b, second) in PERMISSIONS.iter().enumerate().skip(a + 1) {
            roles.extend(PERMISSIONS.iter().skip(b + 1).map(|third| [*first, *second, *third]));
        }
    }
    roles
}

/// Walks on a database of its own. Returns the first access that no rule gives, with the requests that led to it.
async fn walk(role: Role, seed: u64, broken: Broken, tally: &mut Tally) -> Option<String> {
    let app = TestApp::new().await.with_made_up_rows("a world without its beginnings");
    world::fill(&app, &role).await;
    if let Some(change) = broken {
        app.database.execute(change);
    }
    let visitor = app.signed_in(WALKER_EMAIL).await;
    let conn = app.database.connect();
    let mut walker = Walker {
        app: &app,
        conn,
        role,
        rng: Rng(seed),
        seed,
        selves: vec![(WALKER, visitor)],
        sight: BTreeSet::new(),
        shown: Vec::new(),
        way: Vec::new(),
        tally,
        leak: None,
    };
    walker.sight = walker.sees();
    let expected: BTreeSet<i64> = match (walker.has("tickets_all"), walker.has("tickets")) {
        (true, _) => CONTACTS.collect(),
        (false, true) => [601].into(),
        (false, false) => BTreeSet::new(),
    };
    assert_eq!(walker.sight, expected, "{role:?}");
    for _ in 0..number("PONTUAL_WALK_STEPS", STEPS) {
        walker.step().await;
        if walker.leak.is_some() {
            return walker.leak;
        }
    }
    walker.compare().await;
    None
}

/// Runs the walks of all roles that hold `permissions`. Returns their number, their counts, and the access that no
/// rule gives.
fn walk_all(permissions: &'static [&'static str], broken: Broken) -> (usize, Tally, Vec<String>) {
    let seed = number("PONTUAL_WALK_SEED", SEED);
    let chosen: Vec<(u64, Role)> = (0..)
        .zip(roles())
        .filter(|(_, role)| permissions.iter().all(|permission| role.contains(permission)))
        .collect();
    let part = |part: usize| {
        let walks: Vec<_> = chosen.iter().copied().skip(part).step_by(THREADS).collect();
        thread::spawn(move || {
            System::new().block_on(async {
                let (mut tally, mut leaks) = (Tally::default(), Vec::new());
                for (place, role) in walks {
                    let seed = seed.wrapping_mul(1_000).wrapping_add(place);
                    leaks.extend(walk(role, seed, broken, &mut tally).await);
                }
                (tally, leaks)
            })
        })
    };
    let parts: Vec<_> = (0..THREADS).map(part).collect();
    let (mut tally, mut leaks) = (Tally::default(), Vec::new());
    for part in parts {
        let (more, found) = part.join().unwrap_or_else(|panic| resume_unwind(panic));
        tally.add(more);
        leaks.extend(found);
    }
    (chosen.len(), tally, leaks)
}

#[test]
fn no_three_permissions_give_sight_beyond_them() {
    let (walks, tally, leaks) = walk_all(&[], None);
    assert_eq!(walks, 120);
    println!("{walks} walks: {tally:#?}");
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    assert!(tally.allowed * 3 > tally.requests, "most requests of the walk were refused: {tally:?}");
    for (count, what) in [
        (tally.served_openly, "served a contact openly"),
        (tally.notified, "was notified of somebody else's schedule"),
        (tally.let_in, "took up an account"),
    ] {
        assert!(count >= MIN_OCCURRENCES, "only {count} times, a walker {what}: {tally:?}");
    }
    let never = |route: &&str| tally.uses.get(*route).is_none_or(|uses| uses.allowed == 0);
    let left_out = LEFT_OUT.map(|(route, _)| route);
    let missing: Vec<_> =
        CHANGING.iter().filter(|route| !left_out.contains(route)).copied().filter(never).collect();
    assert!(
        missing.is_empty(),
        "no walk did these with success; a walker must try each, or LEFT_OUT says why not: {missing:?}"
    );
}

#[test]
fn a_route_is_left_out_by_its_name_and_with_a_reason() {
    for (route, reason) in LEFT_OUT {
        assert!(CHANGING.contains(route), "no such route: {route}");
        assert!(reason.ends_with('.'), "{route} without a reason");
    }
}

#[test]
fn the_walks_know_every_permission() {
    let known: Vec<_> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
    assert_eq!(known, PERMISSIONS);
}

/// Fails unless walks with the usual number of steps notice a broken rule.
#[track_caller]
fn assert_noticed(permissions: &'static [&'static str], broken: &'static str) {
    let (walks, _, leaks) = walk_all(permissions, Some(broken));
    println!("{} of {walks} walks noticed", leaks.len());
    assert!(leaks.len() >= 2, "{} of {walks} walks noticed", leaks.len());
    assert!(leaks.iter().all(|leak| leak.contains("sees the conversation with")), "{}", leaks[0]);
}

/// A broken rule: changing a contact's default department moves its tickets there.
#[test]
fn the_walks_notice_tickets_that_follow_the_default_of_their_contact() {
    assert_noticed(
        &["tickets", "contacts"],
        "CREATE FUNCTION lead_astray() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE tickets SET department_id = NEW.default_department_id WHERE contact_id = NEW.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER lead_astray AFTER UPDATE OF default_department_id ON contacts
            FOR EACH ROW WHEN (NEW.default_department_id IS NOT NULL) EXECUTE FUNCTION lead_astray()",
    );
}

/// A broken rule: the user who renames a department becomes a member of it.
#[test]
fn the_walks_notice_a_department_that_takes_in_who_renames_it() {
    assert_noticed(
        &["tickets", "departments"],
        "CREATE FUNCTION lead_astray() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO department_members VALUES (NEW.id, 310) ON CONFLICT DO NOTHING;
            RETURN NULL;
        END $$;
        CREATE TRIGGER lead_astray AFTER UPDATE OF name ON departments
            FOR EACH ROW EXECUTE FUNCTION lead_astray()",
    );
}

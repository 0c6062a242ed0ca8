//! Every page of a large company: each statement finds its rows by an index and reads only as many as a page needs. The
//! test follows each page's filters, tabs, searches and pagers, starting from the table of routes, so a new page is
//! tested automatically.

mod explain;
mod walk;

use std::collections::BTreeSet;

use pontual::demo::large::{Sizes, load};
use pontual::routes;

use self::explain::Plans;
use self::walk::{Records, Walk};
use crate::harness::{Company, Database, TestApp};

/// Large enough that the planner decides as in a large company. `PLANS_AT_FULL_SIZE=1` uses the full size, which takes
/// some minutes.
const SIZES: Sizes = Sizes { schedules: 30_000, contacts: 10_000, notifications: 60_000, reminders: 2 };

/// Routes that are not tested, and why.
const EXEMPT: &[(&str, &str)] = &[
    ("/assets/{version}/{path:.*}", "files of the binary"),
    ("/.well-known/security.txt", "made from the configuration"),
    ("/chat-colours/{colour}.css", "made from its address"),
    ("/logo/{hash}", "the company's one row, and the bytes of a file that this company does not have"),
    ("/files/{id}/{name}", "one row by its key, and the bytes of a file that this company does not have"),
    (
        "/c/{contact:[0-9]+}/files/{id}/{name}",
        "one row by its key, and the bytes of a file that this company does not have",
    ),
    (
        "/webhook-files/{hash}/{name}",
        "one row by its key, and the bytes of a file; the link is signed, and no page shows it",
    ),
    ("/schedules/export.csv", "holds all that its filters leave, and is streamed"),
    ("/contacts/export.csv", "holds all that its filters leave, and is streamed"),
    ("/audit/export", "holds all that its filters leave, and is streamed"),
    ("/live", "a stream, which does not end"),
    ("/c/{contact:[0-9]+}/live", "a stream, which does not end"),
];

#[actix_web::test]
async fn each_statement_of_each_page_uses_an_index() {
    let database = Database::new();
    let is_full = std::env::var_os("PLANS_AT_FULL_SIZE").is_some();
    let sizes = if is_full { Sizes::default() } else { SIZES };
    load(&mut database.connect(), sizes, |_| ()).unwrap().unwrap();
    database.execute(
        "INSERT INTO sessions (token_hash, state) SELECT sha256(n::text::bytea), '{}' FROM generate_series(1, 20000) AS n;
         INSERT INTO blobs (sha256, size, media_type) SELECT sha256(n::text::bytea), length(n::text), 'text/plain' FROM generate_series(1, 5000) AS n;
         INSERT INTO attachments (sha256, file_name, schedule_id)
         SELECT sha256((s.id % 5000 + 1)::text::bytea), 'a.txt', s.id FROM schedules s WHERE s.status = 'cancelled';
         INSERT INTO attachments (sha256, file_name, message_id)
         SELECT sha256((m.id % 5000 + 1)::text::bytea), 'a.txt', m.id FROM messages m WHERE m.kind = 'customer' AND m.id % 3 = 0;
         UPDATE schedule_deliveries SET state = 'failed' WHERE schedule_id % 200 = 1;
         UPDATE schedule_deliveries SET state = 'queued' WHERE schedule_id % 1000 = 2;
         ANALYZE schedule_deliveries;
         INSERT INTO customer_accesses (contact_id, token_hash, link_version, seen_at)
         SELECT id, sha256(id::text::bytea), 1, now() FROM contacts;
         ANALYZE customer_accesses; ANALYZE sessions; ANALYZE blobs; ANALYZE attachments",
    );
    let company = Company::of_demonstration(&database);
    // Before the application's first connection, which would not be logged otherwise.
    let mut plans = Plans::of(&database);
    let app =
        TestApp::filled(database, company).await.with_made_up_rows("its attachments have no stored files");
    let records = Records::of(&app);
    // The content of the file that the walk downloads.
    let newest = "SELECT (schedule_id % 5000 + 1)::text AS value FROM attachments
                   WHERE schedule_id IS NOT NULL ORDER BY id DESC LIMIT 1";
    app.keep(app.database.texts(newest)[0].as_bytes()).await;
    let (mut problems, mut addresses, mut statements) = (BTreeSet::new(), 0, 0);
    for who in ["admin", "bruno"] {
        let visitor = app.signed_in_with(&format!("{who}@pontual.example"), "demonstracao").await;
        visitor.enter(&app.link(records.contact)).await.assert_status(200);
        plans.judge();
        for route in pages() {
            let mut walk = Walk::from(records.addresses(route));
            while let Some(address) = walk.next() {
                // On a busy machine the walk takes longer than a heartbeat is valid.
                app.shared.health.beat();
                let page = visitor.get(&address).await;
                assert!(page.status < 500, "{address}: {}", page.text());
                walk.arrive(&page);
                let (found, count) = plans.judge();
                assert!(count > 0, "{address}: no statement was explained");
                statements += count;
                addresses += 1;
                // `report` keeps one address per problem.
                problems.extend(found.into_iter().map(|problem| (route, problem, who, address.clone())));
            }
        }
    }
    println!("{addresses} addresses, {statements} statements");
    assert!(problems.is_empty(), "{}", report(problems));
}

fn pages() -> Vec<&'static str> {
    let routes = routes::routes();
    let gets = routes.iter().filter(|route| route.method == "GET").map(|route| route.path);
    let is_walked = |path: &&str| !EXEMPT.iter().any(|(exempt, _)| exempt == path);
    gets.filter(is_walked).collect()
}

#[test]
fn what_is_exempt_is_a_route() {
    let routes = routes::routes();
    for (path, why) in EXEMPT {
        assert!(routes.iter().any(|route| route.path == *path), "{path} ({why})");
    }
}

/// Each problem of a route once, with the first address that shows it.
fn report(problems: BTreeSet<(&str, String, &str, String)>) -> String {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    for (route, problem, who, address) in problems {
        // Digits are left out, because counts differ between addresses.
        let kind: String = problem.chars().filter(|c| !c.is_ascii_digit()).collect();
        if seen.insert((route, kind)) {
            lines.push(format!("GET {route} ({address}, {who}):\n    {problem}"));
        }
    }
    format!("{} problems:\n{}", lines.len(), lines.join("\n"))
}

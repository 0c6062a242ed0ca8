//! Searches for several words that are all common.

use actix_web::test::TestRequest;

use super::filters::contacts;
use super::paging::{link, rows};
use crate::harness::{Page, TestApp, Visitor};

/// A company with names made of common names, and texts that all schedules share. It has enough schedules that a word
/// which all of them contain is not looked up in the index.
async fn company() -> TestApp {
    let app = TestApp::new().await.with_made_up_rows("schedules without a history");
    app.database.execute(
        "INSERT INTO people (id, name) VALUES (701, 'Família Souza'), (702, 'Grupo Lima Castro');
         INSERT INTO contacts (id, channel_id, name, person_id) VALUES
            (801, 401, 'Ana Souza Lima', NULL), (802, 401, 'Ana Lima Castro', 701),
            (803, 401, 'Paulo Souza', 702), (804, 401, 'Paulo Castro', NULL), (805, 401, 'João', NULL);
         INSERT INTO schedules (contact_id, person_id, department_id, action, due_at, due_local, due_zone, comment, message)
            SELECT c.id, c.person_id, 101, 'open_ticket', now() + c.id * interval '1 hour', now(), 'UTC', 'Confirmar a visita',
                   CASE c.id WHEN 805 THEN 'Olá, da parte de Paulo Souza' ELSE 'Olá, tudo bem?' END
              FROM contacts c WHERE c.id > 800 ORDER BY c.id",
    );
    app
}

fn address(words: &str) -> String {
    format!("/schedules?q={}", url::form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>())
}

async fn found(visitor: &Visitor, words: &str) -> Vec<String> {
    let page = visitor.get(&address(words)).await;
    page.assert_status(200);
    let mut names = contacts(&page);
    names.sort();
    names
}

#[actix_web::test]
async fn words_of_a_search_may_be_in_different_texts() {
    let app = company().await;
    let admin = app.administrator().await;
    for (words, expected) in [
        ("ana", vec!["Ana Lima Castro", "Ana Souza Lima"]),
        ("ana lima", vec!["Ana Lima Castro", "Ana Souza Lima"]),
        ("souza lima ana", vec!["Ana Lima Castro", "Ana Souza Lima"]),
        ("família castro", vec!["Ana Lima Castro"]),
        ("grupo paulo souza castro", vec!["Paulo Souza"]),
        ("paulo souza", vec!["João", "Paulo Souza"]),
        ("paulo joão", vec!["João"]),
        ("confirmar paulo castro", vec!["Paulo Castro", "Paulo Souza"]),
        ("confirmar visita olá paulo lima", vec!["Paulo Souza"]),
        ("confirmar zebra", vec![]),
        ("ana zebra souza", vec![]),
        ("jo parte", vec!["João"]),
    ] {
        assert_eq!(found(&admin, words).await, expected, "{words}");
    }
    assert_eq!(found(&admin, "confirmar visita").await.len(), 5);
}

#[actix_web::test]
async fn a_renamed_contact_or_person_is_found_by_the_new_name_only() {
    let app = company().await;
    let admin = app.administrator().await;
    app.database.execute("UPDATE people SET name = 'Família Prado' WHERE id = 701");
    assert_eq!(found(&admin, "castro prado").await, ["Ana Lima Castro"]);
    assert!(found(&admin, "castro família souza").await.is_empty());
    app.database.execute("UPDATE contacts SET name = 'Ana Nunes' WHERE id = 802");
    assert_eq!(found(&admin, "nunes prado").await, ["Ana Nunes"]);
    assert!(found(&admin, "castro prado").await.is_empty());
    app.database.execute(
        "UPDATE contacts SET person_id = 702 WHERE id = 802; UPDATE schedules SET person_id = 702 WHERE contact_id = 802",
    );
    assert_eq!(found(&admin, "nunes grupo").await, ["Ana Nunes"]);
    assert!(found(&admin, "nunes prado").await.is_empty());
}

#[actix_web::test]
async fn an_open_page_does_not_repeat_a_search_but_shows_what_is_new() {
    let app = company().await;
    let admin = app.administrator().await;
    assert_eq!(found(&admin, "ana souza").await.len(), 2);
    app.database.execute(
        "UPDATE contacts SET name = 'Ana Souza Neta' WHERE id = 804;
         INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment)
            SELECT id, 101, 'open_ticket', now() + interval '90 days', now(), 'UTC', 'c' FROM contacts WHERE id IN (801, 805);
         UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE contact_id = 802",
    );
    let refresh = TestRequest::get().uri(&address("ana souza")).insert_header(("pontual-refresh", "1"));
    let page: Page = admin.send(refresh).await;
    let mut names = contacts(&page);
    names.sort();
    assert_eq!(names, ["Ana Lima Castro", "Ana Souza Lima", "Ana Souza Lima"]);
    page.assert_says("Cancelado");
    assert_eq!(found(&admin, "ana souza").await.len(), 4, "a normal request runs the search again");
}

/// 1,700 schedules with the word "zebra", over ten weeks. The application searched before they existed, so that its
/// sample does not contain the word: it finds that they are too many only when it looks them up.
async fn company_with_many_zebras() -> (TestApp, Visitor) {
    let app = company().await;
    let admin = app.administrator().await;
    assert_eq!(found(&admin, "zebra").await.len(), 0);
    app.database.execute(
        "INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment, status, finished_at)
         SELECT n, 601, 101 + n % 2, 'open_ticket', t, t, 'UTC', 'Vacina da zebra',
                CASE WHEN n % 3 = 0 THEN 'cancelled' ELSE 'scheduled' END, CASE WHEN n % 3 = 0 THEN now() END
           FROM (SELECT n, timestamp '2030-01-01' + n * interval '1 hour' AS t FROM generate_series(40001, 41700) n) n;
         INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment)
         SELECT n, 601, 101, 'open_ticket', t, t, 'UTC', 'Vacina do gato'
           FROM (SELECT n, timestamp '2030-01-01 00:30' + n * interval '1 hour' AS t FROM generate_series(50001, 50100) n) n",
    );
    (app, admin)
}

#[actix_web::test]
async fn a_search_that_finds_many_pages_both_ways_in_each_order() {
    let (app, admin) = company_with_many_zebras().await;
    let day = "(due_at AT TIME ZONE 'America/Sao_Paulo')::date";
    for (query, condition, order) in [
        ("", "true".to_owned(), "id DESC"),
        ("&sort=created", "true".into(), "id"),
        ("&sort=due", "true".into(), "due_at, id"),
        ("&sort=-due", "true".into(), "due_at DESC, id DESC"),
        ("&status=scheduled", "status = 'scheduled'".into(), "due_at, id"),
        ("&status=cancelled", "status = 'cancelled'".into(), "due_at DESC, id DESC"),
        (
            "&status=cancelled&department_id=102",
            "status = 'cancelled' AND department_id = 102".into(),
            "due_at DESC",
        ),
        (
            "&status=scheduled&from=2034-08-10&to=2034-09-10",
            format!("status = 'scheduled' AND {day} BETWEEN '2034-08-10' AND '2034-09-10'"),
            "due_at",
        ),
        ("&from=2034-08-10&to=2034-09-10", format!("{day} BETWEEN '2034-08-10' AND '2034-09-10'"), "id DESC"),
    ] {
        let all = app.database.texts(&format!(
            "SELECT 'schedule-' || id AS value FROM schedules WHERE comment LIKE '%zebra' AND {condition} ORDER BY {order} LIMIT 100"
        ));
        let mut page = admin.get(&format!("/schedules?q=zebra+vacina{query}")).await;
        for (way, place) in [("page-next", 0), ("page-next", 1), ("page-previous", 2), ("page-previous", 1)] {
            assert_eq!(rows(&page), all[place * 25..][..25], "{query}, page {place}");
            page = admin.get(&link(&page, way).unwrap()).await;
        }
        assert_eq!(rows(&page), all[..25], "{query}");
        assert_eq!(link(&page, "page-previous"), None, "{query}");
    }
}

#[actix_web::test]
async fn a_search_that_finds_many_counts_only_some() {
    let (app, admin) = company_with_many_zebras().await;
    let tabs = async |query: &str| {
        admin.get(&format!("/schedules?q=zebra{query}")).await.texts("#schedule-tabs a .n")
    };
    assert_eq!(tabs("").await[..3], ["30+", "20+", "…"]);
    assert_eq!(tabs("&from=2034-08-10&to=2034-08-10").await[0], "24");
    app.database.execute("DELETE FROM schedules WHERE comment LIKE '%zebra' AND id > 40025");
    assert_eq!(tabs("").await[..2], ["25", "17"]);
}

#[actix_web::test]
async fn the_last_page_of_a_search_that_finds_many_has_no_next_page() {
    let (_app, admin) = company_with_many_zebras().await;
    let page = admin.get("/schedules?q=zebra&sort=due&from=2034-10-04").await;
    assert_eq!(link(&page, "page-next"), None);
    assert_eq!(rows(&page).last().unwrap(), "schedule-41700");
}

#[actix_web::test]
async fn a_schedule_that_is_moved_to_another_week_is_found_there() {
    let (app, admin) = company_with_many_zebras().await;
    app.database.execute("UPDATE schedules SET due_at = '2036-01-01 12:00Z' WHERE id = 40001");
    assert_eq!(rows(&admin.get("/schedules?q=zebra&sort=-due").await)[0], "schedule-40001");
    let calendar = admin.get("/schedules/calendar?view=month&date=2036-01-01&q=zebra").await;
    assert!(calendar.text().contains("Marina Duarte (Agendado"));
}

//! The order of the list, its pages and their counts.

use super::filters::{contacts, shown, three_schedules};
use crate::harness::{Page, TestApp};

/// The times of a page's rows, in order.
fn times(page: &Page) -> Vec<String> {
    page.texts("tbody tr .tnum .sub")
}

pub fn rows(page: &Page) -> Vec<String> {
    page.attributes("tbody tr", "id")
}

pub fn link(page: &Page, id: &str) -> Option<String> {
    page.attribute(&format!("#{id}"), "href")
}

#[actix_web::test]
async fn counts_stop_at_their_limit() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment)
         SELECT 601, 101, 303, 'open_ticket', t, t AT TIME ZONE 'UTC', 'UTC', 'x'
           FROM (SELECT timestamptz '2030-01-01' + n * interval '1 hour' AS t FROM generate_series(1, 1001) n) n",
    );
    let admin = app.administrator().await;
    let tabs =
        async |query: &str| admin.get(&format!("/schedules?{query}")).await.texts("#schedule-tabs a .n");
    assert_eq!(tabs("").await[..2], ["1.000+", "1.000+"]);
    assert_eq!(tabs("to=2030-01-02").await[..2], ["50", "50"]);
    assert_eq!(tabs("q=marina").await[..2], ["1.001", "1.001"]);
}

#[actix_web::test]
async fn pending_schedules_are_listed_soonest_first() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let pending = admin.get("/schedules?status=scheduled").await;
    assert_eq!(contacts(&pending)[0], "Marina Duarte");
    assert_eq!(pending.texts("caption"), ["Agendamentos, da data mais próxima à mais distante"]);
    let all = admin.get("/schedules").await;
    assert_eq!(contacts(&all)[0], "Rafael Nogueira");
    assert_eq!(all.texts("caption"), ["Agendamentos, do criado mais recentemente ao mais antigo"]);
    assert_eq!(shown(&admin, "sort=created").await[0], "Marina Duarte");
    assert_eq!(shown(&admin, "sort=-created").await[0], "Rafael Nogueira");
}

#[actix_web::test]
async fn a_page_stays_right_while_rows_come_go_and_change() {
    for sort in ["due", "-due", "created", "-created"] {
        let app = TestApp::new().await.with_made_up_rows("schedules without history");
        app.database.execute(
            "INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment)
             SELECT n, 601, 101, 'open_ticket', t, t, 'UTC', 'x'
               FROM (SELECT n, timestamp '2030-01-01' + n * interval '1 hour' AS t FROM generate_series(1001, 1060) n) n",
        );
        let admin = app.administrator().await;
        let first = admin.get(&format!("/schedules?department_id=101&sort={sort}")).await;
        let mut seen = rows(&first);
        let mut next = link(&first, "page-next");
        let mut previous = None;
        while let Some(address) = next {
            // Changes on earlier pages must not shift later ones.
            let (gone, come) =
                (&seen[0].clone()["schedule-".len()..], if sort.starts_with('-') { 9000 } else { 10 });
            app.database.execute(&format!(
                "UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = {gone} AND status = 'scheduled';
                 INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment)
                 VALUES ({come} + {}, 601, 101, 'open_ticket', timestamptz '2030-01-01 00:00Z' + interval '1 hour' * {come}, now(), 'UTC', 'x')",
                seen.len()
            ));
            let page = admin.get(&address).await;
            seen.extend(rows(&page));
            next = link(&page, "page-next");
            previous = link(&page, "page-previous");
        }
        let planned =
            |id: &String| id["schedule-".len()..].parse::<i64>().is_ok_and(|id| (1001..=1060).contains(&id));
        let seen: Vec<_> = seen.into_iter().filter(planned).collect();
        let mut expected: Vec<String> = (1001..=1060).map(|id| format!("schedule-{id}")).collect();
        if sort.starts_with('-') {
            expected.reverse();
        }
        assert_eq!(seen, expected, "{sort}");
        let back = rows(&admin.get(&previous.unwrap()).await);
        assert_eq!(back, expected[25..50], "{sort}");
    }
}

#[actix_web::test]
async fn a_search_pages_as_the_list_does() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment)
         SELECT 601 + n % 2, 101, 'open_ticket', t, t, 'UTC', CASE WHEN n % 3 = 0 THEN 'boleto' ELSE 'visita' END
           FROM (SELECT n, timestamp '2030-01-01' + n * interval '1 minute' AS t FROM generate_series(1, 180) n) n",
    );
    let admin = app.administrator().await;
    let first = admin.get("/schedules?q=boleto+marina").await;
    assert_eq!(first.texts("#schedule-tabs a .n")[0], "30");
    let second = admin.get(&link(&first, "page-next").unwrap()).await;
    assert_eq!((times(&first).len(), times(&second).len()), (25, 5));
    assert!(link(&second, "page-next").is_none());
}

#[actix_web::test]
async fn each_filter_pages_both_ways_through_many_schedules() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment, status, finished_at)
         SELECT n, 601, 101 + n % 2, 'open_ticket', t, t, 'UTC', 'x',
                CASE WHEN n > 3000 THEN 'scheduled' ELSE 'cancelled' END, CASE WHEN n <= 3000 THEN now() END
           FROM (SELECT n, timestamp '2030-01-01' + n * interval '1 hour' AS t FROM generate_series(1, 6000) n) n",
    );
    let admin = app.administrator().await;
    let day = "(due_at AT TIME ZONE 'America/Sao_Paulo')::date";
    for (query, condition, order) in [
        ("department_id=101", "department_id = 101".to_owned(), "DESC"),
        ("department_id=101&sort=due", "department_id = 101".into(), ""),
        ("department_id=101&status=cancelled", "department_id = 101 AND status = 'cancelled'".into(), "DESC"),
        ("status=cancelled&sort=due", "status = 'cancelled'".into(), ""),
        ("status=scheduled", "status = 'scheduled'".into(), ""),
        (
            "department_id=102&from=2030-01-20",
            format!("department_id = 102 AND {day} >= '2030-01-20'"),
            "DESC",
        ),
        ("status=cancelled&to=2030-04-20", format!("status = 'cancelled' AND {day} <= '2030-04-20'"), "DESC"),
        (
            "action=open_ticket&sort=due&from=2030-01-20&to=2030-08-20",
            format!("{day} BETWEEN '2030-01-20' AND '2030-08-20'"),
            "",
        ),
    ] {
        let all = app.database.texts(&format!(
            "SELECT 'schedule-' || id AS value FROM schedules WHERE {condition} ORDER BY due_at {order}, id {order} LIMIT 100"
        ));
        let mut page = admin.get(&format!("/schedules?{query}")).await;
        assert!(page.texts("#schedule-tabs a .n")[0].ends_with('+'), "{query}");
        for (way, place) in [("page-next", 0), ("page-next", 1), ("page-previous", 2), ("page-previous", 1)] {
            assert_eq!(rows(&page), all[place * 25..][..25], "{query}, page {place}");
            page = admin.get(&link(&page, way).unwrap()).await;
        }
        assert_eq!(rows(&page), all[..25], "{query}");
        assert_eq!(link(&page, "page-previous"), None, "{query}");
    }
}

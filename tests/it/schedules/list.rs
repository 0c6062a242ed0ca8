//! Finding, listing and reading schedules.

use super::save;
use crate::harness::{Page, TestApp};

#[actix_web::test]
async fn contacts_are_found_by_name_number_and_person() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for (query, found) in [
        ("q=marina", "Marina Duarte"),
        ("q=90000-0117", "Rafael Nogueira"),
        ("q=&person_id=501", "Marina Duarte"),
    ] {
        let answer = admin.get(&format!("/schedules/new/contacts?{query}")).await;
        let list: Vec<serde_json::Value> = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(list.len(), 1, "{query}");
        assert_eq!(list[0]["text"], found);
    }
    let people = admin.get("/schedules/new/people?q=duarte").await;
    assert!(people.body.contains("1 contato"));
}

#[actix_web::test]
async fn the_list_pages_both_ways_and_stays_right_while_rows_come() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    let insert = |from: i32, to: i32| {
        app.database.execute(&format!(
            "INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment)
             SELECT 601, 101, 303, 'open_ticket', t, t AT TIME ZONE 'UTC', 'UTC', 'x'
               FROM (SELECT timestamptz '2030-01-01' + n * interval '1 hour' AS t FROM generate_series({from}, {to}) n) n"
        ));
    };
    insert(1, 60);
    let admin = app.administrator().await;
    let rows = |page: &Page| page.count("tbody tr");
    let first = admin.get("/schedules").await;
    assert_eq!(rows(&first), 25);
    let link = |page: &Page, name: &str| {
        let position = page.texts(".pager a").iter().position(|text| text == name).unwrap();
        page.attribute(&format!(".pager a:nth-of-type({})", position + 1), "href").unwrap()
    };
    insert(61, 70);
    let second = admin.get(&link(&first, "Próximos")).await;
    let third = admin.get(&link(&second, "Próximos")).await;
    assert_eq!((rows(&second), rows(&third)), (25, 10));
    assert_eq!(third.texts(".pager a"), ["Anteriores"]);
    let back = admin.get(&link(&third, "Anteriores")).await;
    assert_eq!(back.texts("tbody tr .tnum"), second.texts("tbody tr .tnum"));
}

#[actix_web::test]
async fn a_situation_filters_the_list() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    admin.get("/schedules?status=scheduled").await.assert_says("Marina Duarte");
    admin.get("/schedules?status=failed").await.assert_says("Nenhum agendamento terminou com erro.");
    admin.get("/schedules?status='%3B%20DROP%20TABLE%20schedules").await.assert_says("Marina Duarte");
}

#[actix_web::test]
async fn an_attendant_reads_only_their_own_schedules() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let bruno = app.attendant().await;
    let page = bruno.get(saved.location()).await;
    page.assert_says("Confirmar a renovação").assert_does_not_say("Cancelar agendamento");
    let helena = app.other_attendant().await;
    helena.get(saved.location()).await.assert_status(404);
    helena.get("/schedules").await.assert_status(403);
    bruno.post(&format!("{}/cancellation", saved.location()), &[]).await.assert_status(403);
}

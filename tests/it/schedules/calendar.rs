//! The calendar, and moving a schedule in it.

use super::save;
use crate::harness::{Page, TestApp};

fn zone(app: &TestApp, name: &str) {
    app.database.execute(&format!("UPDATE settings SET time_zone = '{name}'"));
}

fn insert(app: &TestApp, times: &[&str]) {
    for at in times {
        app.database.execute(&format!(
            "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment)
             VALUES (601, 101, 'open_ticket', '{at}', now(), 'UTC', 'x')"
        ));
    }
}

/// The times in a cell.
fn in_cell(page: &Page, drop: &str) -> Vec<String> {
    page.texts(&format!("[data-drop='{drop}'] .ev .t"))
}

#[actix_web::test]
async fn a_month_shows_the_first_of_each_day_and_counts_the_rest() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    insert(
        &app,
        &[
            "2030-12-05 13:00Z",
            "2030-12-05 12:00Z",
            "2030-12-05 15:00Z",
            "2030-12-05 14:00Z",
            "2030-12-06 02:00Z",
        ],
    );
    let admin = app.administrator().await;
    let page = admin.get("/schedules/calendar?view=month&date=2030-12-20").await;
    page.assert_says("Dezembro de 2030");
    assert_eq!(in_cell(&page, "2030-12-05"), ["09:00", "10:00", "11:00"]);
    assert_eq!(page.texts("[data-drop='2030-12-05'] .more"), ["+2"]);
    let more = page.attribute("[data-drop='2030-12-05'] .more", "href").unwrap();
    assert_eq!(more, "/schedules?from=2030-12-05&to=2030-12-05");
    assert_eq!(admin.get(&more).await.count("tbody tr"), 5);
    let day = page.attribute("[data-drop='2030-12-05'] .wide-day", "href").unwrap();
    assert_eq!(day, "/schedules/calendar?view=week&date=2030-12-05");
    assert_eq!(
        page.attribute("[data-drop='2030-12-05'] .d", "aria-label").unwrap(),
        "5 de dezembro, 5 agendamentos"
    );
}

#[actix_web::test]
async fn a_week_runs_from_sunday_to_saturday_and_offers_free_times() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    insert(&app, &["2030-12-05 13:12Z", "2030-12-07 05:30Z"]);
    let admin = app.administrator().await;
    let page = admin.get("/schedules/calendar?view=week&date=2030-12-05&status=scheduled").await;
    page.assert_says("1 de dez. a 7 de dez. de 2030");
    assert_eq!(in_cell(&page, "2030-12-05T10"), ["10:12"]);
    assert_eq!(in_cell(&page, "2030-12-07T02"), ["02:30"]);
    let free = page.attribute("[data-drop='2030-12-02T15'] .slot", "href").unwrap();
    assert_eq!(free, "/schedules/new?due_at=2030-12-02T15:00");
    let form = admin.get(&free).await;
    assert_eq!(form.attribute("#due_at", "value").unwrap(), "02/12/2030 15:00");
    assert_eq!(
        page.attribute("#cal-next", "href").unwrap(),
        "/schedules/calendar?status=scheduled&view=week&date=2030-12-12"
    );
    assert_eq!(page.attribute("nav.seg a", "href").unwrap(), "/schedules?status=scheduled");
}

#[actix_web::test]
async fn the_calendar_uses_the_filters_of_the_list_except_the_period() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    insert(&app, &["2030-12-05 13:00Z"]);
    let admin = app.administrator().await;
    let page = async |query: &str| admin.get(&format!("/schedules/calendar?date=2030-12-05&{query}")).await;
    assert_eq!(in_cell(&page("q=marina&period=today").await, "2030-12-05"), ["10:00"]);
    assert!(in_cell(&page("q=rafael").await, "2030-12-05").is_empty());
    assert!(in_cell(&page("attendant_id=303").await, "2030-12-05").is_empty());
    assert!(in_cell(&page("status=failed").await, "2030-12-05").is_empty());
    page("date=never&view=x&status=y").await.assert_status(200);
}

#[actix_web::test]
async fn days_of_clock_changes_show_their_real_hours() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    zone(&app, "Europe/Lisbon");
    insert(
        &app,
        &[
            "2027-03-28 00:30Z",
            "2027-03-28 01:30Z",
            "2027-10-31 00:30Z",
            "2027-10-31 01:30Z",
            "2027-10-31 02:30Z",
        ],
    );
    let admin = app.administrator().await;
    let spring = admin.get("/schedules/calendar?view=week&date=2027-03-28").await;
    assert_eq!(in_cell(&spring, "2027-03-28T00"), ["00:30"]);
    assert_eq!((spring.count("td.gone"), spring.count("[data-drop='2027-03-28T01']")), (1, 0));
    assert_eq!(in_cell(&spring, "2027-03-28T02"), ["02:30"]);
    let autumn = admin.get("/schedules/calendar?view=week&date=2027-10-31").await;
    assert_eq!(in_cell(&autumn, "2027-10-31T01"), ["01:30", "01:30"]);
    assert_eq!(in_cell(&autumn, "2027-10-31T02"), ["02:30"]);
    let month = admin.get("/schedules/calendar?date=2027-10-31").await;
    assert_eq!(in_cell(&month, "2027-10-31"), ["01:30", "01:30", "02:30"]);
}

#[actix_web::test]
async fn a_move_changes_only_the_time() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = format!("{}/time", save(&admin, &[]).await.location());
    let page = admin.get(&format!("{path}?list=view%3Dweek%26date%3D2030-12-05")).await;
    assert_eq!(page.attribute("#move-due", "value").unwrap(), "05/12/2030 10:00");
    let version = page.attribute("input[name=version]", "value").unwrap();
    let moved = admin
        .post(
            &path,
            &[("version", &version), ("due_at", "2030-12-06T11:15"), ("list", "view=week&date=2030-12-05")],
        )
        .await;
    assert_eq!(moved.location(), "/schedules/calendar?view=week&date=2030-12-05");
    let calendar = admin.follow(&moved).await;
    assert_eq!(in_cell(calendar.assert_says("Agendamento movido."), "2030-12-06T11"), ["11:15"]);
    admin
        .get(path.trim_end_matches("/time"))
        .await
        .assert_says("Confirmar a renovação")
        .assert_says("Tudo bem?");
    let stale = admin.post(&path, &[("version", &version), ("due_at", "2030-12-07T11:15")]).await;
    stale.assert_status(409).assert_says("mudou enquanto você o movia");
}

#[actix_web::test]
async fn a_move_keeps_the_distance_and_proposes_free_times() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    let path = format!("{}/time", save(&admin, &[("due_at", "2030-12-05T12:00")]).await.location());
    admin.get(&path).await;
    let fields = [("version", "1"), ("due_at", "2030-12-05T10:02")];
    let refused = admin.post_part(&path, &fields).await;
    refused.assert_status(422).assert_says("Já existe um agendamento em 05/12/2030 às 10:00.");
    assert_eq!(refused.texts(".slots button"), ["qui., 05/12/2030 às 09:56", "qui., 05/12/2030 às 10:04"]);
    admin.get(&path).await;
    let slot = [("version", "1"), ("due_at", "2030-12-05T10:02"), ("use_slot", "2030-12-05T10:04")];
    admin.post(&path, &slot).await.assert_status(303);
    admin.get(path.trim_end_matches("/time")).await.assert_says("05/12/2030 às 10:04");
}

#[actix_web::test]
async fn a_move_into_the_past_or_of_a_final_schedule_is_refused() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await.location().to_owned();
    let path = format!("{saved}/time");
    admin.get(&path).await;
    let past = admin.post(&path, &[("version", "1"), ("due_at", "2020-01-01T10:00")]).await;
    past.assert_status(422).assert_says("Escolha uma data e hora futuras.");
    assert_eq!(past.attribute("#move-due", "value").unwrap(), "01/01/2020 10:00");
    admin.post(&format!("{saved}/cancellation"), &[]).await.assert_status(303);
    admin.get("/schedules/new").await;
    let late = admin.post_part(&path, &[("version", "1"), ("due_at", "2030-12-08T10:00")]).await;
    late.assert_status(409).assert_says("já não está pendente");
    admin.get(&path).await.assert_status(303);
}

#[actix_web::test]
async fn a_full_week_stays_small_and_leads_to_the_list_of_each_day() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment)
         SELECT 601, 101, 'open_ticket', t, now(), 'UTC', 'x'
           FROM generate_series(timestamptz '2030-12-01 03:00Z', '2030-12-08 02:59Z', '6 minutes') t",
    );
    let admin = app.administrator().await;
    let page = admin.get("/schedules/calendar?view=week&date=2030-12-05").await;
    assert_eq!(in_cell(&page, "2030-12-05T10"), ["10:00", "10:06"]);
    assert_eq!(page.texts("[data-drop='2030-12-05T10'] .more"), ["+8"]);
    let day = ".agenda > li:nth-child(5)";
    assert_eq!(page.count(&format!("{day} .ev-line")), 10);
    assert_eq!(page.texts(&format!("{day} .more")), ["Mais 230"]);
    let more = page.attribute(&format!("{day} .more"), "href").unwrap();
    assert_eq!(more, "/schedules?from=2030-12-05&to=2030-12-05");
    assert!(page.body.len() < 350_000, "{}", page.body.len());
}

#[actix_web::test]
async fn a_day_that_is_over_says_why_nothing_can_be_dropped_on_it() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules/calendar?date=2020-12-05").await;
    assert_eq!(page.count("[data-refuses='Este dia já passou.']"), 35);
    let page = admin.get("/schedules/calendar?view=week&date=2020-12-05").await;
    assert_eq!(page.count("[data-refuses='Esta hora já passou.']"), 7 * 13);
}

#[actix_web::test]
async fn a_schedule_in_the_second_of_two_equal_hours_is_moved_away_and_back() {
    let app = TestApp::new().await;
    zone(&app, "Europe/Lisbon");
    let admin = app.administrator().await;
    let second = [("due_at", "2027-10-31T01:30"), ("due_fold", "second")];
    let path = format!("{}/time", save(&admin, &second).await.location());
    let calendar = admin.get("/schedules/calendar?view=week&date=2027-10-31").await;
    assert_eq!(calendar.attribute("[data-move]", "data-fold").unwrap(), "second");
    let page = admin.get(&path).await;
    assert_eq!(page.attribute("input[name=due_fold]", "value").unwrap(), "second");
    let away = [("version", "1"), ("due_at", "2027-11-02T01:30"), second[1]];
    admin.post(&path, &away).await.assert_status(303);
    admin.get(&path).await;
    let plain = [("version", "2"), second[0]];
    admin.post(&path, &plain).await.assert_status(422).assert_says("Esta hora acontece duas vezes nesse dia");
    admin.get(&path).await;
    admin.post_part(&path, &[plain[0], second[0], second[1]]).await.assert_status(204);
    let due = "SELECT due_at AT TIME ZONE 'UTC' || '' AS value FROM schedules";
    assert_eq!(app.database.texts(due), ["2027-10-31 01:30:00"]);
}

//! The distance between schedules, and the suggested free times.

use super::{form, save};
use crate::harness::TestApp;

#[actix_web::test]
async fn next_to_ten_o_clock_the_nearest_are_four_minutes_away() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    for near in ["09:57", "09:58", "10:00", "10:02", "10:03"] {
        let due = format!("2030-12-05T{near}");
        let page = save(&admin, &[("contact_id", "602"), ("due_at", &due)]).await;
        page.assert_status(422)
            .assert_says("Já existe um agendamento em 05/12/2030 às 10:00.")
            .assert_says("Horários livres mais próximos:");
        let slots = ["qui., 05/12/2030 às 09:56", "qui., 05/12/2030 às 10:04"];
        assert_eq!(page.texts("[data-slot]"), slots, "{near}");
    }
    for free in ["2030-12-05T09:56", "2030-12-05T10:04"] {
        save(&admin, &[("contact_id", "602"), ("due_at", free)]).await.assert_status(303);
    }
}

#[actix_web::test]
async fn the_free_times_skip_others_that_are_taken() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for due in ["2030-12-05T09:54", "2030-12-05T10:00", "2030-12-05T10:04", "2030-12-05T10:09"] {
        save(&admin, &[("due_at", due)]).await.assert_status(303);
    }
    let page = save(&admin, &[("due_at", "2030-12-05T10:01")]).await;
    assert_eq!(page.texts("[data-slot]"), ["qui., 05/12/2030 às 09:50", "qui., 05/12/2030 às 10:13"]);
}

#[actix_web::test]
async fn a_suggested_time_is_taken_over_without_losing_the_rest() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let changes = form(&[("use_slot", "2030-12-05T09:56")]);
    admin.get("/schedules/new").await;
    let page = admin.post("/schedules", &changes).await;
    page.assert_status(200);
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "05/12/2030 09:56");
    assert_eq!(page.texts("#comment"), ["Confirmar a renovação"]);
    assert_eq!(page.attribute("#attendant_id option[selected]", "value").unwrap(), "303");
}

#[actix_web::test]
async fn the_spacing_follows_its_settings() {
    for (setting, other, status) in [
        ("spacing_minutes = 0", ("contact_id", "602"), 303),
        ("spacing_minutes = 60", ("due_at", "2030-12-05T10:30"), 422),
        ("spacing_minutes = 60", ("due_at", "2030-12-05T10:31"), 303),
        ("spacing_scope = 'contact'", ("contact_id", "602"), 303),
        ("spacing_scope = 'contact'", ("comment", "outro"), 422),
        ("spacing_scope = 'attendant'", ("contact_id", "602"), 422),
        ("spacing_scope = 'department'", ("contact_id", "602"), 422),
    ] {
        let app = TestApp::new().await;
        app.database.execute(&format!("UPDATE settings SET {setting}"));
        let admin = app.administrator().await;
        save(&admin, &[]).await.assert_status(303);
        save(&admin, &[other]).await.assert_status(status);
    }
}

#[actix_web::test]
async fn only_pending_schedules_block() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let page = admin.follow(&saved).await;
    assert_eq!(page.count("#cancel textarea[name=reason]"), 1);
    let path = format!("{}/cancellation", saved.location());
    let cancelled = admin.post(&path, &[("reason", "Ligou antes")]).await;
    let page = admin.follow(&cancelled).await;
    page.assert_says("Agendamento cancelado.").assert_says("Motivo: Ligou antes").assert_says("Cancelado");
    save(&admin, &[]).await.assert_status(303);
}

#[actix_web::test]
async fn of_two_requests_for_one_minute_one_is_refused() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let (one, two) = (app.administrator().await, other.administrator().await);
    let answers = futures_util::future::join(save(&one, &[]), save(&two, &[("contact_id", "602")])).await;
    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

#[actix_web::test]
async fn a_free_time_is_never_in_the_past() {
    let app = TestApp::new().await.with_made_up_rows("a schedule without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment, min_gap)
         SELECT 602, 101, 'open_ticket', t, t AT TIME ZONE 'America/Sao_Paulo', 'America/Sao_Paulo', 'x', '4 minutes'
           FROM (SELECT date_trunc('minute', now()) + interval '3 minutes' AS t) t",
    );
    let due = "SELECT to_char((date_trunc('minute', now()) + interval '4 minutes')
                              AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD\"T\"HH24:MI') AS value";
    let due = app.database.texts(due).remove(0);
    let admin = app.administrator().await;
    let page = save(&admin, &[("due_at", &due)]).await;
    page.assert_status(422).assert_says("Horários livres mais próximos:");
    assert_eq!(page.count("[data-slot]"), 1);
}

#[actix_web::test]
async fn times_between_minutes_leave_whole_minutes_free() {
    let app = TestApp::new().await.with_made_up_rows("a schedule without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment, min_gap)
            VALUES (602, 101, 'open_ticket', '2030-12-05 13:00:20.5Z', '2030-12-05 10:00:20.5', 'America/Sao_Paulo', 'x', '4 minutes')",
    );
    let admin = app.administrator().await;
    let page = save(&admin, &[]).await;
    assert_eq!(page.texts("[data-slot]"), ["qui., 05/12/2030 às 09:56", "qui., 05/12/2030 às 10:05"]);
    for due in ["2030-12-05T09:56", "2030-12-05T10:05"] {
        save(&admin, &[("due_at", due)]).await.assert_status(303);
    }
}

//! The company's time zone is changed while a form is open.

use super::editing::{open, send};
use super::{form, save};
use crate::harness::TestApp;

const MANAUS: &str = "UPDATE settings SET time_zone = 'America/Manaus'";
const DUE: &str = "SELECT to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS value FROM schedules";

#[actix_web::test]
async fn an_edit_after_a_zone_change_does_not_move_the_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let page = open(&admin, &path).await;
    app.database.execute(MANAUS);
    let asked = send(&admin, &path, &page, &[("comment", "Outro")]).await;
    asked
        .assert_status(409)
        .assert_says("O fuso horário da empresa mudou enquanto você editava.")
        .assert_says("continua valendo no mesmo instante");
    assert_eq!(asked.attribute("#due_at", "value").unwrap(), "05/12/2030 09:00");
    assert_eq!(asked.texts("#comment"), ["Outro"]);
    assert_eq!(app.database.texts(DUE), ["2030-12-05 13:00"]);
    let changes = [("comment", "Outro"), ("due_at", "2030-12-05T09:00")];
    send(&admin, &path, &asked, &changes).await.assert_status(303);
    assert_eq!(app.database.texts(DUE), ["2030-12-05 13:00"]);
    assert_eq!(app.database.texts("SELECT comment AS value FROM schedules"), ["Outro"]);
}

#[actix_web::test]
async fn a_time_typed_in_the_former_zone_is_asked_about() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let page = open(&admin, &path).await;
    app.database.execute(MANAUS);
    let asked = send(&admin, &path, &page, &[("due_at", "2030-12-05T15:00")]).await;
    asked.assert_status(409).assert_says("O formulário está com o que você preencheu.");
    assert_eq!(asked.attribute("#due_at", "value").unwrap(), "05/12/2030 15:00");
    assert_eq!(app.database.texts(DUE), ["2030-12-05 13:00"]);
    send(&admin, &path, &asked, &[("due_at", "2030-12-05T15:00")]).await.assert_status(303);
    assert_eq!(app.database.texts(DUE), ["2030-12-05 19:00"]);
}

#[actix_web::test]
async fn a_new_schedule_is_not_saved_in_another_zone_than_the_form_showed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new").await;
    let value = |name: &str| page.attribute(&format!("[name={name}]"), "value").unwrap();
    let (key, zone) = (value("form_key"), value("zone"));
    assert_eq!(zone, "America/Sao_Paulo");
    app.database.execute(MANAUS);
    let fields = [("form_key", key.as_str()), ("zone", zone.as_str())];
    let asked = admin.post("/schedules", &form(&fields)).await;
    asked
        .assert_status(409)
        .assert_says("O fuso horário da empresa mudou enquanto este formulário estava aberto.");
    assert_eq!(asked.attribute("#due_at", "value").unwrap(), "05/12/2030 10:00");
    assert_eq!(asked.attribute("[data-question] [name=use_slot]", "value").unwrap(), "2030-12-05T09:00");
    assert_eq!(app.database.texts(DUE), Vec::<String>::new());
    let zone = asked.attribute("[name=zone]", "value").unwrap();
    let fields = [("form_key", key.as_str()), ("zone", zone.as_str())];
    admin.post("/schedules", &form(&fields)).await.assert_status(303);
    assert_eq!(app.database.texts(DUE), ["2030-12-05 14:00"]);
}

#[actix_web::test]
async fn a_schedule_is_not_moved_in_another_zone_than_the_calendar_showed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let page = admin.get("/schedules/calendar?date=2030-12-05").await;
    let zone = page.attribute("[data-zone]", "data-zone").unwrap();
    app.database.execute(MANAUS);
    let fields = [("version", "1"), ("zone", zone.as_str()), ("due_at", "2030-12-06T10:00")];
    let asked = admin.post_part(&format!("{path}/time"), &fields).await;
    asked
        .assert_status(409)
        .assert_says("O fuso horário da empresa mudou enquanto você movia o agendamento.");
    assert_eq!(app.database.texts(DUE), ["2030-12-05 13:00"]);
    let zone = asked.attribute("[name=zone]", "value").unwrap();
    let fields = [("version", "1"), ("zone", zone.as_str()), ("due_at", "2030-12-06T10:00")];
    admin.post_part(&format!("{path}/time"), &fields).await.assert_status(204);
    assert_eq!(app.database.texts(DUE), ["2030-12-06 14:00"]);
}

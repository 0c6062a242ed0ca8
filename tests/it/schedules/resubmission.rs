//! A form that is sent twice.

use futures_util::future::join_all;

use super::{form, save};
use crate::harness::TestApp;

#[actix_web::test]
async fn a_form_submitted_fifty_times_at_once_creates_one_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new").await;
    let key = page.attribute("[name=form_key]", "value").unwrap();
    let fields = form(&[("form_key", &key)]);
    let answers = join_all((0..50).map(|_| admin.post("/schedules", &fields))).await;
    let (saved, turned_away): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 303);
    assert!(saved.len() > 1);
    assert!(saved.iter().all(|answer| answer.location() == saved[0].location()));
    // The others were too many to wait for one contact.
    assert!(turned_away.iter().all(|answer| answer.status == 503));
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 1);
}

#[actix_web::test]
async fn a_changed_resubmission_is_another_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let key = admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
    let first = admin.post("/schedules", &form(&[("form_key", &key)])).await;
    let later = [("form_key", key.as_str()), ("due_at", "2030-12-06T10:00"), ("comment", "Outro")];
    let second = admin.post("/schedules", &form(&later)).await;
    assert_ne!(first.location(), second.location());
    admin.follow(&second).await.assert_says("Outro");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 2);
}

#[actix_web::test]
async fn a_resubmission_after_the_due_time_gets_the_first_answer() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let key = admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
    let fields = form(&[("form_key", &key)]);
    let first = admin.post("/schedules", &fields).await;
    app.database.execute("UPDATE schedules SET due_at = now()");
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    let again = admin.post("/schedules", &fields).await;
    assert_eq!(again.location(), first.location());
}

#[actix_web::test]
async fn a_resubmitted_edit_counts_as_saved_until_another_edit() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let open = async || {
        let page = admin.get(&format!("{path}/edit")).await;
        ["form_key", "original", "version"]
            .map(|name| (name, page.attribute(&format!("[name={name}]"), "value").unwrap()))
    };
    let send = async |own: &[(&'static str, String)], comment: &str| {
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        admin.post(&path, &form(&own.chain([("comment", comment)]).collect::<Vec<_>>())).await
    };
    let stored = || app.database.texts("SELECT version || ' ' || comment AS value FROM schedules");
    let mine = open().await;
    // The browser's "back" restores the version and key with which the page was opened.
    for (comment, after) in [("X", "2 X"), ("X", "2 X"), ("Z", "3 Z"), ("X", "4 X")] {
        send(&mine, comment).await.assert_status(303);
        assert_eq!(stored(), [after]);
    }
    send(&open().await, "De outra pessoa").await.assert_status(303);
    send(&mine, "X").await.assert_status(409).assert_says("mudou enquanto você editava");
    assert_eq!(stored(), ["5 De outra pessoa"]);
}

#[actix_web::test]
async fn a_resubmission_after_the_cancellation_creates_another_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let key = admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
    let fields = form(&[("form_key", &key)]);
    let mut places = Vec::new();
    for made in 1..=3 {
        let answers = join_all((0..5).map(|_| admin.post("/schedules", &fields))).await;
        assert!(answers.iter().all(|answer| answer.location() == answers[0].location()));
        admin.follow(&answers[0]).await.assert_says("Agendamento salvo.");
        assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), made);
        let place = answers[0].location().to_owned();
        admin.post(&format!("{place}/cancellation"), &[("reason", "")]).await.assert_status(303);
        places.push(place);
    }
    places.dedup();
    assert_eq!(places.len(), 3);
}

#[actix_web::test]
async fn a_resubmission_after_a_change_says_so_and_creates_nothing() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let notice = "Este formulário já tinha criado este agendamento. Nada novo foi criado.";
    for changed in [
        "UPDATE schedules SET due_at = now()",
        "INSERT INTO schedule_history (schedule_id, kind, details)
            SELECT id, 'edited', '{\"version\": 2, \"fields\": [\"comment\"]}' FROM schedules WHERE status = 'scheduled';
         INSERT INTO audit (action, subject_id) SELECT 'schedule.edited', id FROM schedules WHERE status = 'scheduled'",
    ] {
        let key = admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
        let fields = form(&[("form_key", &key), ("action", "notify"), ("message", "")]);
        let first = admin.post("/schedules", &fields).await;
        admin.follow(&first).await.assert_says("Agendamento salvo.");
        let before = app.database.number("SELECT count(*) AS value FROM schedules");
        app.database.execute(changed);
        pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
        let again = admin.post("/schedules", &fields).await;
        assert_eq!(again.location(), first.location());
        admin.follow(&again).await.assert_says(notice).assert_does_not_say("Agendamento salvo.");
        assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), before);
    }
}

#[actix_web::test]
async fn a_change_of_the_spacing_does_not_count_as_an_edit() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let key = admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
    let fields = form(&[("form_key", &key)]);
    admin.post("/schedules", &fields).await.assert_status(303);
    app.database.execute(
        "INSERT INTO schedule_history (schedule_id, kind, details) SELECT id, 'edited',
            '{\"version\": 2, \"fields\": [\"spacing_exempt\"], \"values\": {\"spacing_exempt\": [false, true]}}' FROM schedules;
         INSERT INTO audit (action, subject_id) SELECT 'schedule.edited', id FROM schedules",
    );
    let again = admin.post("/schedules", &fields).await;
    admin.follow(&again).await.assert_says("Agendamento salvo.");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 1);
}

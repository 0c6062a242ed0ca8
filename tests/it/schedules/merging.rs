//! Changing a schedule that somebody else has changed since the form was opened.

use super::editing::{key, open, send};
use super::{form, save};
use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn a_stale_edit_shows_the_other_change_before_it_saves() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    let (mine, theirs) = (open(&admin, &path).await, open(&bruno, &path).await);
    let changes = [("due_at", "2030-12-05T12:00"), ("comment", "Confirmar por telefone")];
    send(&bruno, &path, &theirs, &changes).await.assert_status(303);

    let page = send(&admin, &path, &mine, &[("message", "O meu texto")]).await;
    page.assert_status(409)
        .assert_says("Este agendamento mudou enquanto você editava. Confira e salve de novo.")
        .assert_says("Alterado por Bruno Lima em")
        .assert_does_not_say("mudaram o mesmo");
    assert_eq!(page.texts("[data-taken] tbody th"), ["Data e hora", "Comentário"]);
    let cells = page.texts("[data-taken] tbody td");
    assert_eq!((cells[0].as_str(), cells[2].as_str()), ("05/12/2030 às 10:00", "Confirmar a renovação"));
    assert!(cells[1].starts_with("05/12/2030 às 12:00 Bruno Lima, "), "{}", cells[1]);
    assert!(cells[3].starts_with("Confirmar por telefone Bruno Lima, "), "{}", cells[3]);
    assert_eq!(page.texts("#message"), ["O meu texto"]);
    assert_eq!(page.texts("#comment"), ["Confirmar por telefone"]);
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "05/12/2030 12:00");

    let answer = send(&admin, &path, &page, &[("message", "O meu texto"), changes[0], changes[1]]).await;
    let shown = admin.follow(&answer).await;
    shown.assert_says("O meu texto").assert_says("às 12:00").assert_says("por telefone");
}

#[actix_web::test]
async fn the_user_chooses_between_two_changes_of_one_field() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    let path = save(&admin, &[]).await.location().to_owned();
    let (mine, theirs) = (open(&admin, &path).await, open(&bruno, &path).await);
    let changes = [("message", "O texto de Bruno"), ("attendant_id", ""), ("action", "open_ticket")];
    send(&bruno, &path, &theirs, &changes).await.assert_status(303);

    let own = [("message", "O meu texto"), ("comment", "Meu lembrete"), ("due_at", "2030-12-05T11:00")];
    let page = send(&admin, &path, &mine, &own).await;
    page.assert_status(409).assert_says("Você e outra pessoa mudaram o mesmo.");
    assert_eq!(page.texts("[data-both] tbody th"), ["Mensagem"]);
    let cells = page.texts("[data-both] tbody td");
    assert_eq!(cells[0], "O meu texto");
    assert!(cells[1].starts_with("O texto de Bruno Bruno Lima, "), "{}", cells[1]);
    assert_eq!(page.texts("[data-taken] tbody th"), ["Departamento e atendente", "Ação"]);
    assert_eq!(page.attribute("input[name=action][checked]", "value").unwrap(), "open_ticket");
    assert_eq!(page.texts("#message"), ["O meu texto"]);

    let shown = [changes[1], changes[2], own[0], own[1], own[2]];
    let chosen = send(&admin, &path, &page, &[&shown[..], &[("take", "message")]].concat()).await;
    assert_eq!(chosen.texts("#message"), ["O texto de Bruno"]);
    assert_eq!(chosen.count("[data-both]"), 0);
    chosen.assert_says("Alterado por Bruno Lima em");
    assert_eq!(chosen.texts("#comment"), ["Meu lembrete"]);
    let answer = send(&admin, &path, &chosen, &[&shown[..2], &shown[3..], &changes[..1]].concat()).await;
    let saved = admin.follow(&answer).await;
    saved.assert_says("O texto de Bruno").assert_says("Meu lembrete").assert_says("às 11:00");
    saved.assert_says("Fila do departamento");
}

#[actix_web::test]
async fn an_edit_of_a_cancelled_schedule_becomes_a_new_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    let mine = open(&admin, &path).await;
    admin.post(&format!("{path}/cancellation"), &[("reason", "Ligou antes")]).await.assert_status(303);

    let page = send(&admin, &path, &mine, &[("comment", "Não se perde")]).await;
    page.assert_status(409)
        .assert_says("Este agendamento foi cancelado enquanto você editava.")
        .assert_says("Cancelado por Ana Prado em")
        .assert_says("Motivo: Ligou antes");
    assert_eq!(page.texts("#comment"), ["Não se perde"]);
    assert_eq!(page.attribute("[data-schedule-form]", "action").unwrap(), "/schedules");
    let source = page.attribute("input[name=rescheduled_from]", "value").unwrap();
    let key = key(&page);
    let changes = [("comment", "Não se perde"), ("rescheduled_from", &source), ("form_key", &key)];
    let again = admin.post("/schedules", &form(&changes)).await;
    admin
        .follow(&again)
        .await
        .assert_says("Não se perde")
        .assert_says(&format!("Reagendamento do nº {source}"));
    admin.get(&path).await.assert_says("Reagendado como nº");
}

#[actix_web::test]
async fn a_schedule_that_was_fired_meanwhile_is_not_edited() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = Plan { due_in: "1 hour", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let path = format!("/schedules/{id}");
    let mine = open(&admin, &path).await;
    app.database.execute("UPDATE schedules SET due_at = now()");
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    let page = send(&admin, &path, &mine, &[]).await;
    page.assert_status(409).assert_says("Este agendamento foi disparado enquanto você editava.");
    admin.get(&format!("{path}/edit")).await.assert_status(303);
}

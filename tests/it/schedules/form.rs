//! The form: its rules, its messages, and the input that it keeps.

use actix_web::test::TestRequest;

use super::{form, save};
use crate::harness::TestApp;

#[actix_web::test]
async fn a_saved_schedule_is_shown_with_its_history_and_in_the_list() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[("person_id", "501")]).await;
    let page = admin.follow(&saved).await;
    page.assert_says("Agendamento salvo.")
        .assert_says("Quinta-feira, 05/12/2030 às 10:00")
        .assert_says("Abrir chamado e notificar atendente")
        .assert_says("Família Duarte")
        .assert_says("Aguardando o disparo")
        .assert_says("Agendamento criado");
    assert_eq!(page.texts(".quote"), ["Olá, Marina! Tudo bem?"]);
    let list = admin.get("/schedules").await;
    list.assert_says("Marina Duarte")
        .assert_says("(11) 90000-0142")
        .assert_does_not_say("Agendamento salvo.");
    assert_eq!(list.texts(".tabs .n"), ["1", "1", "0", "0", "0"]);
}

#[actix_web::test]
async fn an_empty_form_names_every_field_and_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let fields = [("action", "open_ticket"), ("message", "Olá <b>"), ("due_at", "2001-01-01T10:00")];
    let page = admin.post("/schedules", &fields).await;
    page.assert_status(422).assert_says("Não foi possível salvar. Corrija 4 campos:");
    let summary = [
        "Selecione o contato.",
        "Selecione o departamento.",
        "Escolha uma data e hora futuras.",
        "Informe o comentário.",
    ];
    assert_eq!(page.texts("[data-error-summary] li"), summary);
    page.assert_says("Informe o comentário. Ele é obrigatório para abrir o chamado.");
    assert_eq!(page.texts("#message"), ["Olá <b>"]);
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "01/01/2001 10:00");
    for link in ["#contact_id", "#department_id", "#due_at", "#comment"] {
        assert_eq!(page.count(&format!("[data-error-summary] a[href='{link}']")), 1);
        assert_eq!(page.count(&format!("{link}[aria-invalid=true]")), 1);
    }
}

#[actix_web::test]
async fn the_summary_follows_the_form_also_where_the_time_is_taken() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    let page = save(&admin, &[("comment", ""), ("department_id", ""), ("attendant_id", "")]).await;
    page.assert_status(422);
    let links = page.attributes("[data-error-summary] a", "href");
    assert_eq!(links, ["#department_id", "#attendant_id", "#due_at", "#comment"]);
}

#[actix_web::test]
async fn each_choice_must_fit_the_others() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for (changes, sentence) in [
        (vec![("attendant_id", "304")], "Este atendente não é do departamento escolhido."),
        (vec![("attendant_id", "")], "Selecione o atendente."),
        (vec![("person_id", "501"), ("contact_id", "602")], "Este contato não pertence à pessoa escolhida."),
        (vec![("contact_id", "999")], "Este contato foi arquivado."),
        (vec![("department_id", "999"), ("attendant_id", "")], "Selecione o departamento."),
        (vec![("action", "explode")], "Escolha uma ação."),
        (vec![("action", "notify")], "Com “Notificar atendente”, nada é enviado ao contato."),
        (vec![("due_at", "2030-12-05T10:00:30")], "A data ou a hora não é válida."),
        (vec![("due_at", "9999-12-05T10:00")], "A data ou a hora não é válida."),
        (vec![("due_at", "")], "Informe a data e a hora."),
    ] {
        save(&admin, &changes).await.assert_status(422).assert_says(sentence);
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 0);
}

#[actix_web::test]
async fn a_ticket_may_wait_in_the_queue_of_the_department() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[("action", "open_ticket"), ("attendant_id", "")]).await;
    admin.follow(&saved).await.assert_says("Fila do departamento");
}

#[actix_web::test]
async fn a_reminder_needs_neither_message_nor_comment() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[("action", "notify"), ("message", ""), ("comment", "")]).await;
    admin.follow(&saved).await.assert_says("Notificar atendente").assert_does_not_say("Mensagem ao contato");
}

#[actix_web::test]
async fn without_scripts_the_attendants_come_by_a_button() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new").await;
    assert_eq!(page.count("#attendant_id"), 0);
    let page = admin.post("/schedules", &form(&[("step", "department"), ("attendant_id", "")])).await;
    page.assert_status(200);
    assert_eq!(page.texts("#attendant_id option"), ["Selecione o atendente", "Bruno Lima"]);
    let part = admin.get_part("/schedules/new/attendants?department_id=102&action=open_ticket").await;
    assert_eq!(part.texts("#attendant_id option"), ["Fila do departamento", "Helena Costa"]);
}

#[actix_web::test]
async fn texts_are_shown_as_text() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let script = "<script>alert(1)</script>";
    app.database.execute(&format!("UPDATE contacts SET name = '{script}' WHERE id = 601"));
    let saved = save(&admin, &[("message", script), ("comment", script)]).await;
    let page = admin.follow(&saved).await;
    assert_eq!(page.count("main script"), 0);
    assert_eq!(page.texts(".quote"), [script]);
    assert_eq!(admin.get("/schedules").await.count("main script"), 0);
}

#[actix_web::test]
async fn an_oversized_form_is_refused() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let huge = "x".repeat(2200 * 1024);
    let request = TestRequest::post().uri("/schedules").set_form([("message", &huge)]);
    admin.send(request).await.assert_status(413);
    let large = "x".repeat(255 * 1024);
    admin.post("/schedules", &[("message", &large)]).await.assert_status(422);
}

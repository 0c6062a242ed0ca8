//! Creating, listing and cancelling schedules, as the help page describes them.

use actix_web::test::TestRequest;
use futures_util::future::join_all;

use crate::harness::{Page, TestApp, Visitor};

/// A form that is right, for "Marina Duarte" at 10:00; a test changes what it is about.
fn form<'a>(changes: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let mut fields = vec![
        ("person_id", ""),
        ("contact_id", "601"),
        ("department_id", "101"),
        ("attendant_id", "303"),
        ("action", "open_ticket_and_notify"),
        ("due_at", "2030-12-05T10:00"),
        ("message", "Olá, Marina!\r\nTudo bem?"),
        ("comment", "Confirmar a renovação"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

async fn save(visitor: &Visitor, changes: &[(&'static str, &str)]) -> Page {
    visitor.get("/schedules/new").await;
    visitor.post("/schedules", &form(changes)).await
}

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
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "2001-01-01T10:00");
    for link in ["#contact_id", "#department_id", "#due_at", "#comment"] {
        assert_eq!(page.count(&format!("[data-error-summary] a[href='{link}']")), 1);
        assert_eq!(page.count(&format!("{link}[aria-invalid=true]")), 1);
    }
}

#[actix_web::test]
async fn each_choice_must_fit_the_others() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for (changes, sentence) in [
        (vec![("attendant_id", "304")], "Este atendente não é do departamento escolhido."),
        (vec![("attendant_id", "")], "Selecione o atendente."),
        (vec![("person_id", "501"), ("contact_id", "602")], "Este contato não pertence à pessoa escolhida."),
        (vec![("contact_id", "999")], "Este contato foi arquivado ou está sem conexão ativa."),
        (vec![("department_id", "999"), ("attendant_id", "")], "Selecione o departamento."),
        (vec![("action", "explode")], "Escolha uma ação."),
        (vec![("action", "notify")], "Com “Notificar atendente” nada é enviado ao contato."),
        (vec![("due_at", "2030-12-05T10:00:30")], "Informe a data e a hora."),
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
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "2030-12-05T09:56");
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
async fn a_schedule_is_cancelled_once() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = format!("{}/cancellation", saved.location());
    admin.get(&path).await.assert_says("Cancelar este agendamento?").assert_says("não será enviada");
    admin.post(&path, &[("reason", "")]).await.assert_status(303);
    let again = admin.post(&path, &[("reason", "de novo")]).await;
    admin.follow(&again).await.assert_says("já não estava pendente").assert_does_not_say("de novo");
}

#[actix_web::test]
async fn a_form_sent_fifty_times_at_once_is_one_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new").await;
    let key = page.attribute("[name=form_key]", "value").unwrap();
    let fields = form(&[("form_key", &key)]);
    let answers = join_all((0..50).map(|_| admin.post("/schedules", &fields))).await;
    assert!(answers.iter().all(|answer| answer.location() == answers[0].location()));
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 1);
}

#[actix_web::test]
async fn two_people_who_want_one_minute_get_one_schedule_and_one_refusal() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let (one, two) = (app.administrator().await, other.administrator().await);
    let answers = futures_util::future::join(save(&one, &[]), save(&two, &[("contact_id", "602")])).await;
    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

#[actix_web::test]
async fn an_open_ticket_is_pointed_out_and_can_be_closed_along() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO tickets (id, protocol, contact_id, department_id, attendant_id) VALUES (7, 1042, 601, 101, 303)",
    );
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new?contact_id=601&ticket_id=7").await;
    page.assert_says("Este contato tem um chamado aberto.").assert_says("Feche o chamado nº 1042");
    assert_eq!(page.attribute("#contact_id option[selected]", "value").unwrap(), "601");
    assert_eq!(page.attribute("#attendant_id option[selected]", "value").unwrap(), "303");
    assert_eq!(page.count("button[name=after][value=close_ticket]"), 1);
    let part = admin.get_part("/schedules/new/open-ticket?contact_id=601").await;
    part.assert_says("Este contato tem um chamado aberto.").assert_says("Salvar e fechar chamado");

    let saved = admin.post("/schedules", &form(&[("after", "close_ticket"), ("ticket_id", "7")])).await;
    let shown = admin.follow(&saved).await;
    shown.assert_says("Agendamento salvo e chamado fechado.").assert_says("a partir do chamado nº 1042");
    let open = "SELECT count(*) AS value FROM tickets WHERE status = 'open'";
    assert_eq!(app.database.number(open), 0);
}

#[actix_web::test]
async fn a_refused_schedule_closes_no_ticket() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO tickets (contact_id, department_id) VALUES (601, 101)");
    let admin = app.administrator().await;
    save(&admin, &[("after", "close_ticket"), ("comment", "")]).await.assert_status(422);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE status = 'open'"), 1);
}

#[actix_web::test]
async fn who_may_not_close_the_ticket_is_not_offered_to_and_cannot() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO role_permissions VALUES (203, 'schedules');
         INSERT INTO tickets (contact_id, department_id) VALUES (601, 102)",
    );
    let bruno = app.attendant().await;
    let page = bruno.get("/schedules/new?contact_id=601").await;
    page.assert_says("Este contato tem um chamado aberto.");
    assert_eq!(page.count("button[name=after]"), 0);
    save(&bruno, &[("after", "close_ticket")]).await.assert_status(403);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 0);
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
async fn an_attendant_reads_the_schedules_that_are_theirs_and_no_others() {
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
    let huge = "x".repeat(300 * 1024);
    let request = TestRequest::post().uri("/schedules").set_form([("message", &huge)]);
    admin.send(request).await.assert_status(413);
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

#[actix_web::test]
async fn a_form_that_comes_back_changed_is_another_schedule() {
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
async fn a_retry_after_the_due_time_is_answered_as_the_first_try() {
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
async fn the_ticket_of_another_contact_is_not_named_in_the_history() {
    let app = TestApp::new().await;
    app.database
        .execute("INSERT INTO tickets (id, protocol, contact_id, department_id) VALUES (7, 1042, 602, 102)");
    let admin = app.administrator().await;
    let saved = save(&admin, &[("ticket_id", "7")]).await;
    admin.follow(&saved).await.assert_does_not_say("1042");
}

#[actix_web::test]
async fn a_long_reason_is_refused_whole_and_kept() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = format!("{}/cancellation", saved.location());
    let reason = "é".repeat(501);
    let page = admin.post(&path, &[("reason", &reason)]).await;
    page.assert_status(422).assert_says("Use até 500 caracteres.");
    assert_eq!(page.texts("#reason"), [reason]);
    admin.post(&path, &[("reason", "")]).await.assert_status(303);
    admin.get(&path).await.assert_status(303);
}

//! The bell and the page of notifications.

use actix_web::test::TestRequest;

use crate::harness::{Entry, Page, TestApp};

/// The sentences of the entries, without the space that collapsing white space leaves after the bold name.
fn sentences(page: &Page) -> Vec<String> {
    page.texts(".notif p").iter().map(|text| text.replace(" .", ".").replace(" :", ":")).collect()
}

#[actix_web::test]
async fn each_kind_of_entry_says_what_happened() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let reminder = Entry::reminder(app.company.bruno, app.company.marina, "");
    let ticket = Entry { action: "open_ticket_and_notify", comment: "renovar", message: "Olá", ..reminder };
    let silent = Entry { message: "", ..ticket };
    let because = |entry: Entry<'static>, reason| Entry { failure: Some(reason), ..entry };
    let name = "Marina Duarte";
    for (entry, title, sentence) in [
        (ticket, "Agendamento", format!("Chamado aberto para {name}. Comentário: “renovar”.")),
        (Entry { comment: "ligar", ..reminder }, "Agendamento", format!("Lembrete para {name}: ligar.")),
        (Entry { comment: "Ligou?", ..reminder }, "Agendamento", format!("Lembrete para {name}: Ligou?")),
        (reminder, "Agendamento", format!("Lembrete agendado para {name}.")),
        (
            because(ticket, "ticket_open"),
            "Erro no agendamento",
            format!(
                "A mensagem para {name} não foi enviada: o chamado já está aberto. Comentário: “renovar”."
            ),
        ),
        (
            because(silent, "ticket_open"),
            "Erro no agendamento",
            format!(
                "O chamado para {name} não foi aberto: já existe um chamado aberto. Comentário: “renovar”."
            ),
        ),
        (
            because(ticket, "department_inactive"),
            "Erro no agendamento",
            format!(
                "A mensagem para {name} não foi enviada: o departamento está desativado. Comentário: “renovar”."
            ),
        ),
        (
            because(silent, "contact_inactive"),
            "Erro no agendamento",
            format!(
                "O chamado para {name} não foi aberto: o contato está arquivado ou a conexão dele, desativada. Comentário: “renovar”."
            ),
        ),
        (
            because(reminder, "expired"),
            "Erro no agendamento",
            format!(
                "O lembrete para {name} não foi disparado: o horário passou enquanto a plataforma estava parada."
            ),
        ),
        (
            because(reminder, "internal"),
            "Erro no agendamento",
            format!("O lembrete para {name} não foi disparado: algo deu errado do nosso lado."),
        ),
    ] {
        entry.write(&app.database);
        for path in ["/notifications", "/notifications/panel"] {
            let page = bruno.get(path).await;
            assert_eq!(sentences(&page)[0], sentence, "{path}");
            assert_eq!(page.texts(".notif .line a")[0], title);
        }
    }
}

#[actix_web::test]
async fn the_bell_counts_entries_that_are_neither_read_nor_removed() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let page = bruno.get("/notifications").await;
    page.assert_says("Tudo em dia").assert_says("Novas notificações aparecem aqui.");
    assert_eq!(page.attribute("[data-bell]", "aria-label").unwrap(), "Notificações: nenhuma não lida");
    let reminder = Entry::reminder(app.company.bruno, app.company.marina, "ligar");
    let ids = [(); 3].map(|()| reminder.write(&app.database));
    let page = bruno.get("/notifications").await;
    assert_eq!(page.attribute("[data-bell]", "aria-label").unwrap(), "Notificações: 3 não lidas");

    let answer = bruno.post(&format!("/notifications/{}/removal", ids[0]), &[]).await;
    bruno.follow(&answer).await.assert_says("Notificação removida.");
    bruno.post(&format!("/notifications/{}/reading", ids[1]), &[]).await.assert_status(303);
    let page = bruno.get("/notifications").await;
    assert_eq!(page.attribute("[data-bell]", "aria-label").unwrap(), "Notificações: 1 não lida");
    assert_eq!((page.count(".main .notif"), page.count(".main .notif.unread")), (2, 1));
}

#[actix_web::test]
async fn marking_all_as_read_changes_only_ones_own_entries() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    for user in [app.company.bruno, app.company.bruno, app.company.helena] {
        Entry::reminder(user, app.company.marina, "ligar").write(&app.database);
    }
    bruno.get("/notifications").await;
    let answer = bruno.post("/notifications/reading", &[]).await;
    let page = bruno.follow(&answer).await;
    page.assert_says("Todas as notificações foram marcadas como lidas.");
    assert_eq!(page.count(".notif.unread"), 0);
    let unread = "SELECT user_id AS value FROM notifications WHERE read_at IS NULL";
    assert_eq!(app.database.number(unread), app.company.helena);
}

#[actix_web::test]
async fn opening_the_conversation_marks_the_entry_as_read() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let reminder = Entry::reminder(app.company.bruno, app.company.marina, "ligar");
    let (plain, with_ticket) = (reminder.write(&app.database), reminder.write(&app.database));
    app.database.execute(&format!(
        "INSERT INTO tickets (id, contact_id, department_id) VALUES (7, {}, {});
         UPDATE notifications SET ticket_id = 7 WHERE id = {with_ticket}",
        app.company.marina, app.company.support
    ));
    let page = bruno.get("/notifications").await;
    let button = ".notif form[action$=opening] button";
    assert_eq!(page.attribute(button, "aria-label").unwrap(), "Ir para conversa com Marina Duarte");
    let answer = bruno.post(&format!("/notifications/{plain}/opening"), &[]).await;
    assert_eq!(answer.location(), format!("/contacts/{}/conversation", app.company.marina));
    let answer = bruno.post(&format!("/notifications/{with_ticket}/opening"), &[]).await;
    assert_eq!(answer.location(), "/tickets/7");
    assert_eq!(bruno.get("/notifications").await.count(".notif.unread"), 0);
}

#[actix_web::test]
async fn the_notification_of_another_does_not_exist() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let id = Entry::reminder(app.company.helena, app.company.marina, "ligar").write(&app.database);
    bruno.get("/notifications").await.assert_does_not_say("ligar");
    bruno.get("/notifications/panel").await.assert_does_not_say("ligar");
    for verb in ["removal", "reading", "opening"] {
        bruno.post(&format!("/notifications/{id}/{verb}"), &[]).await.assert_status(404);
        bruno.post(&format!("/notifications/x/{verb}"), &[]).await.assert_status(404);
    }
    let untouched =
        "SELECT count(*) AS value FROM notifications WHERE read_at IS NULL AND removed_at IS NULL";
    assert_eq!(app.database.number(untouched), 1);
}

#[actix_web::test]
async fn the_title_opens_the_schedule_for_a_notified_user() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let own = Entry::reminder(app.company.bruno, app.company.marina, "ligar");
    Entry { attendant: app.company.helena, ..own }.write(&app.database);
    let panel = bruno.get("/notifications/panel").await;
    let schedule = panel.attribute(".notif .line a", "href").unwrap();
    bruno.get(&schedule).await.assert_status(200).assert_says("Marina Duarte");
}

#[actix_web::test]
async fn an_htmx_answer_carries_the_new_state_of_the_bell() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let reminder = Entry::reminder(app.company.bruno, app.company.marina, "ligar");
    let (first, second) = (reminder.write(&app.database), reminder.write(&app.database));
    bruno.get("/notifications").await;
    let answer = bruno.post_part(&format!("/notifications/{first}/removal"), &[]).await;
    answer.assert_status(204);
    assert_eq!(answer.header("hx-trigger"), format!(r#"{{"bell":{{"ids":[{second}],"unread":1}}}}"#));
    bruno.post_part(&format!("/notifications/{first}/removal"), &[]).await.assert_status(204);
}

#[actix_web::test]
async fn the_next_page_continues_after_the_last_entry_even_if_new_ones_arrive() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let write = |n: i32| {
        Entry::reminder(app.company.bruno, app.company.marina, &format!("n{n}")).write(&app.database)
    };
    for n in 1..=35 {
        write(n);
    }
    let first = bruno.get("/notifications").await;
    assert_eq!((first.count(".main .notif"), first.count(".pager a")), (30, 1));
    write(36);
    let next = bruno.get(&first.attribute(".pager a[href*=after]", "href").unwrap()).await;
    assert_eq!(sentences(&next)[0], "Lembrete para Marina Duarte: n5.");
    assert_eq!(sentences(&next).len(), 5);
    let back = bruno.get(&next.attribute(".pager a[href*=before]", "href").unwrap()).await;
    assert_eq!(sentences(&back).last().unwrap(), "Lembrete para Marina Duarte: n6.");
    bruno.get("/notifications?after=x&before=%27").await.assert_status(200);
}

#[actix_web::test]
async fn each_filter_shows_and_counts_its_own_entries() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let reminder = Entry::reminder(app.company.bruno, app.company.marina, "ligar");
    for (filter, title) in
        [("", "Tudo em dia"), ("?filter=unread", "Tudo lido"), ("?filter=errors", "Nenhum erro")]
    {
        bruno.get(&format!("/notifications{filter}")).await.assert_says(title);
    }
    let read = reminder.write(&app.database);
    let failed = Entry { failure: Some("expired"), ..reminder };
    for entry in [reminder, failed, failed] {
        entry.write(&app.database);
    }
    bruno.post(&format!("/notifications/{read}/reading"), &[]).await.assert_status(303);
    for (filter, shown) in [("", 4), ("unread", 3), ("errors", 2), ("%27", 4)] {
        let page = bruno.get(&format!("/notifications?filter={filter}")).await;
        assert_eq!(page.count(".main .notif"), shown, "{filter}");
        assert_eq!(page.texts(".tabs a"), ["Todas 4", "Não lidas 3", "Erros 2"]);
        assert_eq!(page.count(".tabs a[aria-current]"), 1);
    }
    let current = bruno.get("/notifications?filter=errors").await;
    assert_eq!(current.texts(".tabs a[aria-current]"), ["Erros 2"]);
}

#[actix_web::test]
async fn counts_stop_at_99() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    app.database.execute(&format!(
        "INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                                status, finished_at)
         SELECT 601, 101, 303, 'notify', now(), localtimestamp, 'UTC', 'completed', now() FROM generate_series(1, 100);
         INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
         SELECT {}, 'schedule_completed', id, 601 FROM schedules",
        app.company.bruno
    ));
    let page = bruno.get("/notifications?filter=unread").await;
    assert_eq!(page.texts(".tabs a"), ["Todas 99+", "Não lidas 99+", "Erros 0"]);
    assert_eq!(page.texts("[data-bell-count]"), ["99+"]);
    assert_eq!(page.attribute("[data-bell]", "aria-label").unwrap(), "Notificações: mais de 99 não lidas");
    assert!(page.body.contains("<title>(99+) Notificações"));
    let next = bruno.get(&page.attribute(".pager a[href*=after]", "href").unwrap()).await;
    assert_eq!(
        (next.count(".main .notif"), next.texts(".tabs a[aria-current]")),
        (30, vec!["Não lidas 99+".into()])
    );
}

#[actix_web::test]
async fn a_form_without_htmx_redirects_to_the_same_part_of_the_page() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let id = Entry::reminder(app.company.bruno, app.company.marina, "ligar").write(&app.database);
    bruno.get("/notifications").await;
    let send = async |path: &str, from: &'static str| {
        let form = TestRequest::post().uri(path).insert_header(("referer", from));
        bruno.send(form.set_form([("csrf", bruno.csrf())])).await
    };
    let here = "http://localhost:8080/notifications?filter=unread&after=1-2";
    for path in [
        &format!("/notifications/{id}/reading"),
        "/notifications/reading",
        &format!("/notifications/{id}/removal"),
    ] {
        assert_eq!(send(path, here).await.location(), "/notifications?filter=unread&after=1-2");
        assert_eq!(send(path, "http://localhost:8080/schedules").await.location(), "/notifications");
    }
}

#[actix_web::test]
async fn each_user_chooses_what_the_browser_does() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let page = bruno.get("/notifications").await;
    assert_eq!(
        page.count("body[data-plays-sound], body[data-browser-notices], input[role=switch][checked]"),
        0
    );
    let answer = bruno.post("/notifications/preferences", &[("plays_sound", "1")]).await;
    let page = bruno.follow(&answer).await;
    page.assert_says("Avisos atualizados.");
    assert_eq!(page.count("body[data-plays-sound]"), 1);
    assert_eq!(page.count("body[data-browser-notices]"), 0);
    assert_eq!(page.count("#plays_sound[checked]"), 1);
    let others = "SELECT count(*) AS value FROM users WHERE plays_sound OR shows_browser_notices";
    assert_eq!(app.database.number(others), 1);
    let audited = "SELECT subject_id AS value FROM audit WHERE action = 'user.notices_chosen' AND ip <> ''";
    assert_eq!(app.database.number(audited), app.company.bruno);
}

#[actix_web::test]
async fn a_comment_or_a_name_is_never_markup() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let script = "<script>alert(1)</script>";
    app.database.execute(&format!("UPDATE contacts SET name = '{script}'"));
    Entry::reminder(app.company.bruno, app.company.marina, script).write(&app.database);
    for path in ["/notifications", "/notifications/panel"] {
        let page = bruno.get(path).await;
        assert_eq!(page.count(".notif script"), 0);
        assert_eq!(page.texts(".notif p b"), [script]);
    }
}

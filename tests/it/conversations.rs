//! The conversation's page: who reads it, and what it shows.

use crate::harness::{TestApp, Visitor};
use crate::tickets::{customer_writes, open_ticket};

/// A completed schedule for Marina that notified its attendant.
fn notified(app: &TestApp, attendant: i64) {
    app.database.execute(&format!(
        "INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                                status, finished_at)
         VALUES (901, 601, 101, {attendant}, 'notify', '2026-12-05 13:00Z', '2026-12-05 10:00', 'America/Sao_Paulo',
                 'completed', now());
         INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
         VALUES ({attendant}, 'schedule_completed', 901, 601)"
    ));
}

#[actix_web::test]
async fn a_notified_user_reads_but_cannot_reply_or_close() {
    let app =
        TestApp::new().await.with_made_up_rows("tickets and notifications without the schedules behind them");
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    customer_writes(&app, app.company.marina, ticket, "Bom dia");
    let helena = app.other_attendant().await;
    helena.get("/contacts/601/conversation").await.assert_status(404);
    notified(&app, app.company.helena);
    for path in ["/contacts/601/conversation".to_owned(), format!("/tickets/{ticket}")] {
        let page = helena.get(&path).await;
        page.assert_status(200).assert_says("Bom dia").assert_says("Você pode ler esta conversa.");
        assert_eq!(page.count("textarea[name=body]") + page.count("[formaction$=closure]"), 0);
        assert_eq!(page.count("#customer-link"), 0);
        assert_eq!(page.attribute(".mini a", "href").unwrap(), "/schedules/901");
    }
    let fields = [("body", "oi"), ("kind", "message")];
    helena.post(&format!("/tickets/{ticket}/messages"), &fields).await.assert_status(404);
    helena.post(&format!("/tickets/{ticket}/closure"), &[]).await.assert_status(404);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE status = 'open'"), 1);
}

#[actix_web::test]
async fn the_side_shows_the_schedules_that_the_viewer_may_read() {
    let app =
        TestApp::new().await.with_made_up_rows("tickets and notifications without the schedules behind them");
    open_ticket(&app, app.company.marina, app.company.support);
    notified(&app, app.company.helena);
    let links = async |visitor: Visitor| {
        let page = visitor.get("/contacts/601/conversation").await;
        page.count(".mini a[href='/schedules/901']")
    };
    assert_eq!(links(app.attendant().await).await, 0, "Bruno is neither its attendant nor was he notified");
    assert_eq!(links(app.administrator().await).await, 1);
    app.database.execute(
        "INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
         VALUES (303, 'schedule_completed', 901, 601)",
    );
    assert_eq!(links(app.attendant().await).await, 1);
}

#[actix_web::test]
async fn a_notified_user_without_tickets_reads_without_the_list() {
    let app =
        TestApp::new().await.with_made_up_rows("tickets and notifications without the schedules behind them");
    open_ticket(&app, app.company.marina, app.company.support);
    notified(&app, app.company.role_manager);
    let manager = app.role_manager().await;
    let page = manager.get("/contacts/601/conversation").await;
    page.assert_status(200).assert_says("Você pode ler esta conversa.");
    assert_eq!(page.count(".list") + page.count("a[href='/tickets']"), 0);
    manager.get("/contacts/602/conversation").await.assert_status(404);
}

#[actix_web::test]
async fn events_show_how_a_ticket_was_opened_and_closed() {
    let app =
        TestApp::new().await.with_made_up_rows("tickets and notifications without the schedules behind them");
    app.database.execute(
        "INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                                comment, message, status, finished_at)
         VALUES (901, 601, 101, 304, 'open_ticket', '2026-12-05 13:00Z', '2026-12-05 10:00', 'America/Sao_Paulo',
                 'Confirmar renovação', 'Olá', 'completed', now());
         INSERT INTO tickets (id, protocol, contact_id, department_id, schedule_id, status, opened_at, closed_at)
         VALUES (801, 1051, 601, 101, 901, 'closed', '2026-12-05 13:00Z', '2026-12-05 13:12Z'),
                (802, 1052, 601, 101, NULL, 'open', '2026-12-06 13:01Z', NULL);
         INSERT INTO messages (contact_id, ticket_id, kind, event, author_id, schedule_id, body, created_at) VALUES
            (601, 801, 'event', 'ticket_opened', NULL, 901, '', '2026-12-05 13:00Z'),
            (601, 801, 'comment', NULL, NULL, 901, 'Confirmar renovação', '2026-12-05 13:00Z'),
            (601, 801, 'attendant', NULL, NULL, 901, 'Olá', '2026-12-05 13:00Z'),
            (601, 801, 'event', 'ticket_closed', 303, NULL, '', '2026-12-05 13:12Z'),
            (601, 802, 'event', 'ticket_opened', NULL, NULL, '', '2026-12-06 13:01Z')",
    );
    let page = app.attendant().await.get("/tickets/802").await;
    page.assert_says("Sábado, 05/12/2026 Chamado nº 1051 aberto por um agendamento às 10:00");
    page.assert_says("Comentário interno: Confirmar renovação Só a equipe vê · 10:00");
    page.assert_says("Olá Mensagem agendada · 10:00");
    page.assert_says("Chamado nº 1051 fechado por Bruno Lima às 10:12");
    page.assert_says("Domingo, 06/12/2026 Chamado nº 1052 aberto pelo cliente às 10:01");
    assert_eq!(page.count("a[href='/schedules/901']"), 0, "Bruno may not read the schedule");
    app.database.execute(
        "INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
         VALUES (303, 'schedule_completed', 901, 601)",
    );
    let page = app.attendant().await.get("/tickets/802").await;
    assert_eq!(page.count(".sys a[href='/schedules/901']"), 1, "a user who was notified may read it");
    let page = app.administrator().await.get("/tickets/802").await;
    assert_eq!(page.count(".sys a[href='/schedules/901']"), 1);
    page.assert_says("05/12, 10:00 Concluído Abrir chamado");
    assert_eq!(
        page.attribute(".convo-head a.btn", "href").unwrap(),
        "/schedules/new?contact_id=601&ticket_id=802"
    );
}

#[actix_web::test]
async fn older_messages_load_page_by_page_without_gaps() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    app.database.execute(&format!(
        "INSERT INTO messages (contact_id, ticket_id, kind, body)
         SELECT 601, {ticket}, 'customer', 'texto ' || n FROM generate_series(1, 120) n ORDER BY n"
    ));
    let bruno = app.attendant().await;
    let expected = |from: i32, to: i32| (from..=to).map(|n| format!("texto {n}")).collect::<Vec<_>>();
    let newest = bruno.get(&format!("/tickets/{ticket}")).await;
    assert_eq!(newest.texts(".msg .said"), expected(71, 120));
    let middle = bruno.get(&newest.attribute("[data-older]", "href").unwrap()).await;
    assert_eq!(middle.texts(".msg .said"), expected(21, 70));
    middle.assert_says("Mensagens recentes");
    assert_eq!(middle.count("[data-live]"), 0);
    let oldest = bruno.get(&middle.attribute("[data-older]", "href").unwrap()).await;
    assert_eq!(oldest.texts(".msg .said"), expected(1, 20));
    assert_eq!(oldest.count("[data-older]"), 0);

    let first = oldest.attribute(".msg", "data-message").unwrap();
    let part = bruno.get(&format!("/contacts/601/conversation/messages?after={first}")).await;
    assert_eq!(part.texts(".msg .said"), expected(2, 51));
    assert_eq!(part.count("[data-more]"), 1);
    let last = newest.attribute("[data-thread]", "data-last").unwrap();
    let part = bruno.get(&format!("/contacts/601/conversation/messages?after={last}")).await;
    assert_eq!(part.count(".msg") + part.count("[data-more]"), 0);
    assert_eq!(part.attribute("[data-update]", "data-state"), newest.attribute(".convo", "data-state"));
}

#[actix_web::test]
async fn a_script_in_a_message_is_shown_as_text_and_an_address_as_a_link() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let text = "<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(2) https://a.example/?x=\"onx";
    customer_writes(&app, app.company.marina, ticket, text);
    app.database.execute("UPDATE contacts SET name = '<b>Marina</b>' WHERE id = 601");
    for path in [format!("/tickets/{ticket}"), "/contacts/601/conversation/messages".into()] {
        let page = app.attendant().await.get(&path).await;
        assert_eq!(page.texts(".said"), [text], "{path}");
        assert_eq!(page.count(".said script") + page.count(".said img") + page.count("[onx]"), 0);
        assert_eq!(page.count(".said a"), 1);
        assert_eq!(page.attribute(".said a", "href").unwrap(), "https://a.example/?x=");
        assert_eq!(page.attribute(".said a", "rel").unwrap(), "noopener noreferrer nofollow");
        page.assert_says("<b>Marina</b> ·");
    }
}

#[actix_web::test]
async fn the_customers_link_is_shown_only_to_attendants() {
    let app = TestApp::new().await;
    open_ticket(&app, app.company.marina, app.company.support);
    let page = app.attendant().await.get("/contacts/601/conversation").await;
    let link = page.attribute("#customer-link", "value").unwrap();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    app.visitor().enter(path).await.assert_status(200);
    app.database.execute("UPDATE channels SET deactivated_at = now()");
    assert_eq!(app.attendant().await.get("/contacts/601/conversation").await.count("#customer-link"), 0);
}

#[actix_web::test]
async fn a_contact_without_tickets_has_an_empty_conversation() {
    let app = TestApp::new().await;
    let page = app.administrator().await.get("/contacts/602/conversation").await;
    page.assert_status(200).assert_says("Este contato ainda não tem chamados.");
    app.attendant().await.get("/contacts/602/conversation").await.assert_status(404);
}

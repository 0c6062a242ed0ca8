//! The list of conversations, replying, closing, and who may do that.

use futures_util::future::join_all;

use crate::harness::{TestApp, Visitor};

const KEY: &str = "3f1a6a4e-6a2b-4a53-9a34-0d8a2ad9f0c1";

/// An open ticket of a contact in a department.
pub fn open_ticket(app: &TestApp, contact: i64, department: i64) -> i64 {
    app.database.number(&format!(
        "INSERT INTO tickets (contact_id, department_id) VALUES ({contact}, {department}) RETURNING id AS value"
    ))
}

/// Adds a message from the customer.
pub fn customer_writes(app: &TestApp, contact: i64, ticket: i64, text: &str) -> i64 {
    app.database.number(&format!(
        "INSERT INTO messages (contact_id, ticket_id, kind, body)
         VALUES ({contact}, {ticket}, 'customer', '{text}') RETURNING id AS value"
    ))
}

async fn bruno_at(app: &TestApp, ticket: i64) -> Visitor {
    let bruno = app.attendant().await;
    bruno.get(&format!("/tickets/{ticket}")).await.assert_status(200);
    bruno
}

#[actix_web::test]
async fn the_inbox_lists_open_tickets_of_the_users_departments_and_their_own() {
    let app = TestApp::new().await;
    let company = app.company;
    open_ticket(&app, company.marina, company.support);
    let other = open_ticket(&app, company.rafael, company.finance);
    let bruno = app.attendant().await;
    let page = bruno.get("/tickets").await;
    page.assert_says("Marina Duarte").assert_does_not_say("Rafael").assert_says("Escolha uma conversa");
    app.database.execute(&format!("UPDATE tickets SET attendant_id = {} WHERE id = {other}", company.bruno));
    bruno.get("/tickets").await.assert_says("Rafael Nogueira");
    app.administrator().await.get("/tickets").await.assert_says("Marina").assert_says("Rafael");
    app.role_manager().await.get("/tickets").await.assert_status(403);
    app.database.execute("UPDATE tickets SET status = 'closed', closed_at = now() + interval '1 day'");
    let page = bruno.get("/tickets").await;
    page.assert_says("Nenhum chamado aberto.").assert_says("Nenhuma conversa aberta");
    page.assert_does_not_say("Escolha uma conversa");
    bruno.get("/tickets?q=zebra").await.assert_says("Nenhuma conversa encontrada");
}

#[actix_web::test]
async fn the_inbox_starts_with_the_newest_message_and_finds_names() {
    let app = TestApp::new().await;
    let company = app.company;
    let marina = open_ticket(&app, company.marina, company.support);
    let rafael = open_ticket(&app, company.rafael, company.support);
    customer_writes(&app, company.rafael, rafael, "Bom dia");
    customer_writes(&app, company.marina, marina, "Pode sim");
    customer_writes(&app, company.marina, marina, "Obrigada");
    let bruno = app.attendant().await;
    let page = bruno.get("/tickets").await;
    assert_eq!(page.texts(".talk b"), ["Marina Duarte", "Rafael Nogueira"]);
    assert_eq!(page.texts(".talk .sub"), ["Obrigada", "Bom dia"]);
    assert_eq!(page.texts(".talk .pill"), ["2", "1"]);
    assert_eq!(bruno.get("/tickets?q=NOGUEIRA").await.texts(".talk b"), ["Rafael Nogueira"]);
    bruno.get("/tickets?q=%25").await.assert_says("Nenhuma conversa encontrada.");
}

#[actix_web::test]
async fn the_next_page_of_the_inbox_continues_without_gaps() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name)
            SELECT 1000 + n, 401, 'Contato ' || n FROM generate_series(1, 65) n;
         INSERT INTO tickets (contact_id, department_id, opened_at)
            SELECT 1000 + n, 101, now() - make_interval(mins => n) FROM generate_series(1, 65) n",
    );
    let bruno = app.attendant().await;
    let (mut path, mut seen) = ("/tickets".to_owned(), Vec::new());
    loop {
        let page = bruno.get(&path).await;
        seen.extend(page.texts(".talk b"));
        let Some(next) = page.attribute(".talks > ul + a", "href") else { break };
        path = next;
    }
    assert_eq!(seen, (1..=65).map(|n| format!("Contato {n}")).collect::<Vec<_>>());
}

#[actix_web::test]
async fn a_ticket_of_another_department_does_not_exist() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.rafael, app.company.finance);
    let bruno = app.attendant().await;
    let path = format!("/tickets/{ticket}");
    bruno.get("/tickets").await;
    bruno.get(&path).await.assert_status(404);
    bruno.get(&format!("/contacts/{}/conversation", app.company.rafael)).await.assert_status(404);
    bruno.get(&format!("/contacts/{}/conversation/messages", app.company.rafael)).await.assert_status(404);
    let fields = [("body", "oi"), ("kind", "message")];
    bruno.post(&format!("{path}/messages"), &fields).await.assert_status(404);
    bruno.post(&format!("{path}/closure"), &[]).await.assert_status(404);
    bruno.post(&format!("{path}/reading"), &[("message_id", "1")]).await.assert_status(404);
    bruno.get("/tickets/x").await.assert_status(404);
    bruno.get("/tickets/999999").await.assert_status(404);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages"), 0);
}

#[actix_web::test]
async fn the_first_reply_assigns_the_ticket_and_a_comment_does_not() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, ticket).await;
    let path = format!("/tickets/{ticket}/messages");
    let attendant = "SELECT coalesce(attendant_id, 0) AS value FROM tickets";
    bruno.post(&path, &[("body", "Cliente antigo"), ("kind", "comment")]).await.assert_status(303);
    assert_eq!(app.database.number(attendant), 0);
    let answer = bruno.post(&path, &[("body", " Olá,\r\nMarina "), ("kind", "message")]).await;
    bruno.follow(&answer).await.assert_says("Comentário interno: Cliente antigo").assert_says("Bruno Lima ·");
    assert_eq!(app.database.number(attendant), app.company.bruno);
    assert_eq!(
        app.database.texts("SELECT kind || ':' || body AS value FROM messages ORDER BY id"),
        ["comment:Cliente antigo", "attendant:Olá,\nMarina"]
    );
    let admin = app.administrator().await;
    admin.get(&format!("/tickets/{ticket}")).await;
    admin.post(&path, &[("body", "Ajudo também"), ("kind", "message")]).await.assert_status(303);
    assert_eq!(app.database.number(attendant), app.company.bruno);
}

#[actix_web::test]
async fn a_text_of_unknown_kind_is_an_internal_comment() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, ticket).await;
    bruno.post(&format!("/tickets/{ticket}/messages"), &[("body", "oi"), ("kind", "customer")]).await;
    assert_eq!(app.database.texts("SELECT kind AS value FROM messages"), ["comment"]);
}

#[actix_web::test]
async fn an_empty_or_too_long_text_is_refused_and_kept() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, ticket).await;
    let path = format!("/tickets/{ticket}/messages");
    let page = bruno.post(&path, &[("body", "  \n "), ("kind", "message")]).await;
    page.assert_status(422).assert_says("Escreva a mensagem.");
    let long = "é".repeat(4097);
    let page = bruno.post(&path, &[("body", &long), ("kind", "comment"), ("client_key", KEY)]).await;
    page.assert_status(422).assert_says("Use até 4.096 caracteres.");
    assert_eq!(page.texts("textarea"), [long]);
    assert_eq!(page.attribute("input[name=client_key]", "value").unwrap(), KEY);
    assert_eq!(page.count("input[value=comment][checked]"), 1);
    bruno.post(&path, &[("body", &"é".repeat(4096)), ("kind", "message")]).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages"), 1);
}

#[actix_web::test]
async fn a_reply_sent_twice_is_written_once_and_another_text_is_another_message() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, ticket).await;
    let path = format!("/tickets/{ticket}/messages");
    for body in ["Olá", "Olá", "Olá de novo", "Olá de novo"] {
        let fields = [("body", body), ("kind", "message"), ("client_key", KEY)];
        bruno.post(&path, &fields).await.assert_status(303);
    }
    assert_eq!(app.database.texts("SELECT body AS value FROM messages ORDER BY id"), ["Olá", "Olá de novo"]);
}

#[actix_web::test]
async fn a_ticket_closes_once_with_its_event_and_audit() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, ticket).await;
    let path = format!("/tickets/{ticket}/closure");
    let tries = join_all((0..5).map(|_| bruno.post(&path, &[]))).await;
    assert!(tries.iter().all(|answer| answer.status == 303));
    let page = bruno.follow(&tries[0]).await;
    page.assert_says("Este chamado está fechado.").assert_says("Fechado");
    page.assert_says("fechado por Bruno Lima às");
    assert_eq!(page.count("textarea[name=body]"), 0);
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM messages WHERE event = 'ticket_closed'"),
        1
    );
    assert_eq!(app.database.number("SELECT count(*) AS value FROM audit WHERE action = 'ticket.closed'"), 1);
    assert_eq!(
        app.database.number("SELECT closed_by AS value FROM tickets WHERE status = 'closed'"),
        app.company.bruno
    );
}

#[actix_web::test]
async fn a_reply_to_a_closed_ticket_is_refused_and_kept() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, ticket).await;
    let path = format!("/tickets/{ticket}/messages");
    let sent = [("body", "Já enviei"), ("kind", "message"), ("client_key", KEY)];
    bruno.post(&path, &sent).await.assert_status(303);
    bruno.post(&format!("/tickets/{ticket}/closure"), &[]).await;
    let page = bruno.post(&path, &[("body", "Mais uma coisa"), ("kind", "message")]).await;
    page.assert_status(409).assert_says("Este chamado está fechado.");
    page.assert_says("Sua mensagem não foi enviada. Mais uma coisa");
    bruno.post(&path, &sent).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages WHERE kind = 'attendant'"), 1);
}

#[actix_web::test]
async fn a_closed_tickets_page_links_to_the_open_ticket() {
    let app = TestApp::new().await;
    let first = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, first).await;
    bruno.post(&format!("/tickets/{first}/closure"), &[]).await;
    let second = open_ticket(&app, app.company.marina, app.company.support);
    let page = bruno.get(&format!("/tickets/{first}")).await;
    assert_eq!(page.attribute(".composer .notice a", "href").unwrap(), format!("/tickets/{second}"));
    let page = bruno.get(&format!("/tickets/{second}")).await;
    page.assert_says("Chamados anteriores");
    assert_eq!(page.attribute(".mini a", "href").unwrap(), format!("/tickets/{first}"));
}

#[actix_web::test]
async fn messages_that_were_shown_stay_seen() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let first = customer_writes(&app, app.company.marina, ticket, "um");
    let second = customer_writes(&app, app.company.marina, ticket, "dois");
    let bruno = bruno_at(&app, ticket).await;
    let path = format!("/tickets/{ticket}/reading");
    let seen = || app.database.number("SELECT seen_message_id AS value FROM tickets");
    bruno.post(&path, &[("message_id", &first.to_string())]).await.assert_status(204);
    assert_eq!(seen(), first);
    assert_eq!(bruno.get("/tickets").await.texts(".talk .pill"), ["1"]);
    bruno.get(&format!("/tickets/{ticket}")).await;
    bruno.post(&path, &[("message_id", "9223372036854775807")]).await.assert_status(204);
    assert_eq!(seen(), second);
    bruno.post(&path, &[("message_id", "1")]).await.assert_status(204);
    assert_eq!(seen(), second);
    bruno.post(&path, &[("message_id", "x")]).await.assert_status(400);
    assert_eq!(bruno.get("/tickets").await.count(".talk .pill"), 0);
}

#[actix_web::test]
async fn the_panel_counts_conversations_with_unseen_messages() {
    let app = TestApp::new().await.with_made_up_rows("messages without their tickets' openings");
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101), (702, 602, 102);
         INSERT INTO messages (contact_id, ticket_id, kind, body)
            VALUES (601, 701, 'customer', 'Oi'), (601, 701, 'customer', 'Alguém?'), (602, 702, 'customer', 'Olá')",
    );
    let (bruno, admin) = (app.attendant().await, app.administrator().await);
    for (visitor, unseen) in [(&bruno, 1), (&admin, 2)] {
        let page = visitor.get("/notifications").await;
        assert_eq!(page.texts("[data-unseen]:not([hidden])").len(), 1);
        assert_eq!(page.texts("[data-unseen-count]"), [unseen.to_string()]);
        assert_eq!(visitor.get("/tickets/unseen").await.body, format!("{{\"unseen\":{unseen}}}"));
    }
    let last = "SELECT max(id) AS value FROM messages WHERE ticket_id = 701";
    let up_to = app.database.number(last).to_string();
    bruno.post("/tickets/701/reading", &[("message_id", &up_to)]).await;
    assert_eq!(bruno.get("/tickets/unseen").await.body, r#"{"unseen":0}"#);
    assert_eq!(bruno.get("/notifications").await.count("[data-unseen][hidden]"), 1);
}

#[actix_web::test]
async fn a_ticket_is_not_closed_over_a_message_that_the_page_did_not_show() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    customer_writes(&app, app.company.marina, ticket, "Bom dia");
    let bruno = app.attendant().await;
    let page = bruno.get(&format!("/tickets/{ticket}")).await;
    let up_to = page.attribute("[name=up_to]", "value").unwrap();
    customer_writes(&app, app.company.marina, ticket, "Espere, tem mais");
    let path = format!("/tickets/{ticket}/closure");
    let draft =
        [("up_to", up_to.as_str()), ("kind", "comment"), ("body", "Meu rascunho"), ("client_key", KEY)];
    let asked = bruno.post(&path, &draft).await;
    asked.assert_status(409).assert_says("O chamado não foi fechado.").assert_says("Espere, tem mais");
    assert_eq!(asked.texts("textarea[name=body]"), ["Meu rascunho"]);
    assert_eq!(asked.count("input[value=comment][checked]"), 1);
    let open = "SELECT count(*) AS value FROM tickets WHERE status = 'open'";
    assert_eq!(app.database.number(open), 1);
    let up_to = asked.attribute("[name=up_to]", "value").unwrap();
    let closed = bruno.post(&path, &[("up_to", &up_to)]).await;
    bruno.follow(&closed).await.assert_says("Chamado fechado.");
    assert_eq!(app.database.number(open), 0);
}

#[actix_web::test]
async fn a_page_of_older_messages_does_not_close_over_newer_ones() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    customer_writes(&app, app.company.marina, ticket, "um");
    let second = customer_writes(&app, app.company.marina, ticket, "dois");
    let bruno = app.attendant().await;
    let page = bruno.get(&format!("/tickets/{ticket}?before={second}")).await;
    let up_to = page.attribute("[name=up_to]", "value").unwrap();
    let asked = bruno.post(&format!("/tickets/{ticket}/closure"), &[("up_to", &up_to)]).await;
    asked.assert_status(409).assert_says("dois");
}

#[actix_web::test]
async fn a_closing_that_does_not_say_what_was_shown_needs_all_messages_seen() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let message = customer_writes(&app, app.company.marina, ticket, "Bom dia").to_string();
    let bruno = bruno_at(&app, ticket).await;
    let path = format!("/tickets/{ticket}");
    bruno.post(&format!("{path}/closure"), &[]).await.assert_status(409);
    bruno.post(&format!("{path}/reading"), &[("message_id", &message)]).await.assert_status(204);
    bruno.post(&format!("{path}/closure"), &[]).await.assert_status(303);
}

#[actix_web::test]
async fn an_unsent_text_is_kept_when_the_ticket_is_closed() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let bruno = bruno_at(&app, ticket).await;
    let draft = [("kind", "message"), ("body", "Quase enviei"), ("client_key", KEY)];
    let page = bruno.post(&format!("/tickets/{ticket}/closure"), &draft).await;
    page.assert_status(200)
        .assert_says("Este chamado está fechado.")
        .assert_says("Sua mensagem não foi enviada. Quase enviei");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages WHERE kind = 'attendant'"), 0);
}

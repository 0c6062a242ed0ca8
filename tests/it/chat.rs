//! The customer's chat page.

use actix_web::test::TestRequest;
use futures_util::future::join_all;

use crate::harness::{Page, TestApp, Visitor};
use crate::tickets::open_ticket;

const KEY: &str = "3f1a6a4e-6a2b-4a53-9a34-0d8a2ad9f0c1";

/// Marina, with her chat page open.
async fn marina(app: &TestApp) -> (Visitor, String) {
    (app.customer(app.company.marina).await, "/c/601".to_owned())
}

fn count(app: &TestApp, from: &str) -> i64 {
    app.database.number(&format!("SELECT count(*) AS value FROM {from}"))
}

#[actix_web::test]
async fn a_reply_reaches_the_open_ticket() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.finance);
    let (marina, path) = marina(&app).await;
    let answer = marina.post(&format!("{path}/messages"), &[("body", " Pode\r\nsim! ")]).await;
    marina.follow(&answer).await.assert_says("Pode sim! Você ·");
    assert_eq!(count(&app, "tickets"), 1);
    assert_eq!(
        app.database.texts(&format!("SELECT body AS value FROM messages WHERE ticket_id = {ticket}")),
        ["Pode\nsim!"]
    );
}

#[actix_web::test]
async fn a_first_message_opens_a_ticket_in_the_channels_department() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    marina.post(&format!("{path}/messages"), &[("body", "Oi")]).await.assert_status(303);
    assert_eq!(app.database.number("SELECT department_id AS value FROM tickets"), app.company.support);
    assert_eq!(
        app.database.texts("SELECT kind || coalesce(event, '') AS value FROM messages ORDER BY id"),
        ["eventticket_opened", "customer"]
    );
    let audited = "SELECT action || ' ' || (subject_id = (SELECT id FROM tickets)) AS value FROM audit
        WHERE action LIKE 'ticket.%' AND actor_id IS NULL AND details = '{\"contact_id\": 601}'";
    assert_eq!(app.database.texts(audited), ["ticket.opened true"]);
    app.attendant().await.get("/tickets").await.assert_says("Marina Duarte").assert_says("Oi");
}

#[actix_web::test]
async fn a_later_message_opens_a_ticket_where_the_contact_was_last_served() {
    let app = TestApp::new().await.with_made_up_rows("a ticket that nobody closed");
    app.database.execute(
        "INSERT INTO tickets (contact_id, department_id, status, closed_at)
         VALUES (601, 102, 'closed', clock_timestamp() + interval '1 minute')",
    );
    let (marina, path) = marina(&app).await;
    marina.get(&path).await.assert_says("Financeiro");
    marina.post(&format!("{path}/messages"), &[("body", "Oi")]).await.assert_status(303);
    let department = "SELECT department_id AS value FROM tickets ORDER BY id DESC LIMIT 1";
    assert_eq!(app.database.number(department), app.company.finance);
    app.database.execute(
        "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp() + interval '1 minute'
          WHERE status = 'open';
         UPDATE departments SET deactivated_at = now() WHERE id = 102",
    );
    marina.get(&path).await.assert_says("Suporte");
    marina.post(&format!("{path}/messages"), &[("body", "Oi")]).await.assert_status(303);
    assert_eq!(app.database.number(department), app.company.support);
}

#[actix_web::test]
async fn a_message_posted_twice_by_a_retry_is_one() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let path = "/c/601";
    let (one, two) = (app.customer(601).await, other.customer(601).await);
    let (action, fields) = (format!("{path}/messages"), [("body", "Oi"), ("client_key", KEY)]);
    let posts =
        (0..20).map(|n| if n % 2 == 0 { one.post(&action, &fields) } else { two.post(&action, &fields) });
    let answers = join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == 303));
    assert_eq!(count(&app, "messages WHERE kind = 'customer'"), 1);
    assert_eq!(count(&app, "tickets"), 1);
}

#[actix_web::test]
async fn the_form_carries_a_key_of_its_own() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let key = |page: Page| page.attribute("input[name=client_key]", "value").unwrap();
    let (first, second) = (key(marina.get(&path).await), key(marina.get(&path).await));
    assert_ne!(first, second);
    assert!(first.parse::<uuid::Uuid>().is_ok());
}

#[actix_web::test]
async fn concurrent_replies_and_closings_leave_at_most_one_open_ticket() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let path = "/c/601/messages";
    let (one, two, bruno) = (app.customer(601).await, other.customer(601).await, app.attendant().await);
    for round in 0..12 {
        let (here, there) = (format!("aqui {round}"), format!("ali {round}"));
        let open = app
            .database
            .number("SELECT coalesce((SELECT id FROM tickets WHERE status = 'open'), 0) AS value");
        let closure = format!("/tickets/{open}/closure");
        bruno.get("/tickets").await;
        let (a, b, c) = futures_util::future::join3(
            one.post(path, &[("body", &here)]),
            two.post(path, &[("body", &there)]),
            bruno.post(&closure, &[("up_to", "9223372036854775807")]),
        )
        .await;
        assert_eq!((a.status, b.status), (303, 303));
        // The closing is refused if a message came that the closing page did not show.
        assert!(matches!(c.status, 303 | 404 | 409));
        assert!(count(&app, "tickets WHERE status = 'open'") <= 1);
    }
    assert_eq!(count(&app, "messages WHERE kind = 'customer'"), 24);
    let after_the_end = "messages m JOIN tickets t ON t.id = m.ticket_id
         WHERE m.kind = 'customer' AND (m.created_at < t.opened_at OR m.created_at > t.closed_at)";
    assert_eq!(count(&app, after_the_end), 0);
}

#[actix_web::test]
async fn the_customer_sees_neither_comments_nor_events_nor_surnames() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    app.database.execute(&format!(
        "INSERT INTO messages (contact_id, ticket_id, kind, event, author_id, body) VALUES
            (601, {ticket}, 'event', 'ticket_opened', NULL, ''),
            (601, {ticket}, 'comment', NULL, 303, 'segredo da equipe'),
            (601, {ticket}, 'attendant', NULL, NULL, 'Olá, Marina'),
            (601, {ticket}, 'attendant', NULL, 303, 'Só um instante');
         INSERT INTO audit (action, subject_id) VALUES ('ticket.opened', {ticket})"
    ));
    let (marina, path) = marina(&app).await;
    for path in [path.clone(), format!("{path}/messages"), format!("{path}/messages?after=0")] {
        let page = marina.get(&path).await;
        page.assert_says("Olá, Marina Suporte ·").assert_says("Só um instante Bruno, do Suporte ·");
        for hidden in ["segredo", "aberto", "Lima", "empresa.example", "Chamado"] {
            page.assert_does_not_say(hidden);
        }
        assert_eq!(page.count(".msg"), 2, "{path}");
    }
}

#[actix_web::test]
async fn a_forged_or_revoked_link_opens_nothing() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let link = app.link(601);
    let token = link.strip_prefix("/c/").unwrap();
    let (id, tag) = token.split_once('-').unwrap();
    let flipped = if tag.starts_with('0') { '1' } else { '0' };
    let bad = [
        format!("/c/602-{tag}"),
        format!("/c/{id}-{flipped}{}", &tag[1..]),
        format!("/c/{id}-{}", &tag[..31]),
        format!("/c/{id}-{}", tag.to_uppercase()),
        format!("/c/0{token}"),
        "/c/601-".into(),
        "/c/x".into(),
        "/c/9999999999999999999-00".into(),
    ];
    for path in &bad {
        marina.get(path).await.assert_status(404).assert_says("Esta conversa não está disponível");
        marina.post(&format!("{path}/messages"), &[("body", "oi")]).await.assert_status(404);
    }
    for path in ["/c/602", "/c/0", "/c/9999999999999999999"] {
        marina.get(path).await.assert_status(404).assert_says("Abra de novo o link que você recebeu");
        marina.post(&format!("{path}/messages"), &[("body", "oi")]).await.assert_status(404);
        marina.get(&format!("{path}/messages")).await.assert_status(404);
        marina.post(&format!("{path}/receipts"), &[("read", "1")]).await.assert_status(404);
    }
    for end in [
        "UPDATE contacts SET link_version = 2",
        "UPDATE contacts SET link_version = 1, archived_at = now()",
        "UPDATE contacts SET archived_at = NULL; UPDATE channels SET deactivated_at = now()",
        "UPDATE channels SET deactivated_at = NULL, kind = 'email'",
    ] {
        app.database.execute(end);
        marina.get(&link).await.assert_status(404);
        marina.get(&path).await.assert_status(404);
        marina.post(&format!("{path}/messages"), &[("body", "oi")]).await.assert_status(404);
    }
    assert_eq!(count(&app, "messages"), 0);
}

#[actix_web::test]
async fn a_link_is_exchanged_for_a_cookie_of_one_browser() {
    for (address, name, is_secure) in [
        ("http://127.0.0.1:8080", "pontual_chat", false),
        ("https://pontual.example", "__Host-pontual_chat", true),
    ] {
        let app = TestApp::at(address).await;
        let (browser, link) = (app.visitor(), app.link(601));
        let answer = browser.get(&link).await;
        assert_eq!(
            answer.assert_status(303).location(),
            "/c/601",
            "the address after the redirect holds no secret"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let cookie = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"));
        assert_eq!(cookie.contains("Secure"), is_secure, "{cookie}");
        let page = browser.get("/c/601").await;
        assert!(
            !page.assert_status(200).body.contains(link.trim_start_matches("/c/")),
            "no page holds the link"
        );
        let stored = app.database.texts("SELECT encode(token_hash, 'hex') AS value FROM customer_accesses");
        assert!(!browser.cookies().contains(&stored[0]), "the table holds only a hash of the cookie");

        let before = browser.cookies();
        browser.enter(&link).await.assert_status(200);
        assert_eq!(
            (count(&app, "customer_accesses"), browser.cookies()),
            (1, before),
            "opening the link again makes no second access"
        );
    }
}

#[actix_web::test]
async fn another_browser_needs_the_link() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let stranger = app.visitor();
    for path in ["", "/messages", "/accesses", "/live", "/files/1/x.pdf"].map(|part| format!("{path}{part}"))
    {
        let page = stranger.get(&path).await;
        page.assert_status(404).assert_says("Abra de novo o link que você recebeu");
        page.assert_says("Permita os cookies deste site").assert_does_not_say("Suporte");
    }
    stranger.get("/login").await;
    stranger.post("/c/601/messages", &[("body", "oi")]).await.assert_status(404);
    let reversed: String = marina.cookie("pontual_chat").unwrap().chars().rev().collect();
    for forged in ["0".repeat(64), "x".into(), reversed] {
        stranger.set_cookie("pontual_chat", &forged);
        stranger.get(&path).await.assert_status(404);
    }
    stranger.enter(&app.link(601)).await.assert_status(200);
    marina.get(&path).await.assert_status(200);
}

#[actix_web::test]
async fn a_browser_may_hold_the_links_of_several_contacts() {
    let app = TestApp::new().await;
    let family = app.customer(601).await;
    let first = family.cookie("pontual_chat").unwrap();
    family.enter(&app.link(602)).await.assert_status(200);
    family.get("/c/601").await.assert_status(200);
    family.get("/c/602").await.assert_status(200);
    // An attacker who planted the first cookie gains access to neither chat.
    let planter = app.visitor();
    planter.set_cookie("pontual_chat", &first);
    planter.get("/c/601").await.assert_status(404);
    planter.get("/c/602").await.assert_status(404);
}

#[actix_web::test]
async fn an_access_ends_when_the_link_is_revoked_after_180_days_or_when_the_customer_leaves() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    app.database.execute("UPDATE customer_accesses SET created_at = now() - interval '181 days'");
    marina.get(&path).await.assert_status(404);
    marina.enter(&app.link(601)).await.assert_status(200);
    app.database.execute("UPDATE contacts SET link_version = 2 WHERE id = 601");
    marina.get(&path).await.assert_status(404);
    app.database.execute("UPDATE contacts SET link_version = 1 WHERE id = 601");
    marina.get(&format!("{path}/accesses")).await.assert_says("Este navegador");
    let left = marina.post(&format!("{path}/departure"), &[]).await;
    marina.follow(&left).await.assert_status(404).assert_says("Abra de novo o link");
    assert_eq!(count(&app, "customer_accesses"), 0);
}

#[actix_web::test]
async fn a_customer_ends_the_access_of_other_browsers() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let other = app.visitor();
    let agent = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36";
    let request = TestRequest::get().uri(&app.link(601)).insert_header(("user-agent", agent));
    let entered = other.send(request).await;
    let accesses = format!("{path}/accesses");
    marina.get(&accesses).await.assert_does_not_say("Android").assert_says("Não há outros acessos.");
    other.follow(&entered).await.assert_status(200);
    let page = marina.get(&accesses).await;
    page.assert_says("Chrome no Android")
        .assert_says("Este navegador")
        .assert_says("Encerrar outros acessos");
    let rafael = app.customer(602).await;
    rafael.post(&format!("{path}/accesses/ending"), &[]).await.assert_status(404);
    let ended = marina.post(&format!("{path}/accesses/ending"), &[]).await;
    marina.follow(&ended).await.assert_says("Não há outros acessos.").assert_does_not_say("Android");
    other.get(&path).await.assert_status(404);
    other.post(&format!("{path}/messages"), &[("body", "oi")]).await.assert_status(404);
    rafael.get("/c/602").await.assert_status(200);
    let audited = "SELECT action || ' ' || subject_id || ' ' || (details->>'count') || ' ' || coalesce(actor_id::text, '-')
                   || ip AS value FROM audit WHERE action LIKE 'contact.%'";
    assert_eq!(
        app.database.texts(audited),
        ["contact.accesses_ended 601 1 -"],
        "the audit keeps no customer's network address"
    );
    other.enter(&app.link(601)).await.assert_status(200);
}

#[actix_web::test]
async fn a_contact_manager_ends_the_access_of_all_browsers() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let admin = app.administrator().await;
    admin.get("/contacts/602").await.assert_does_not_say("Acessos pelo link");
    admin.get("/contacts/601").await.assert_says("Acessos pelo link").assert_says("Navegador desconhecido");
    let bruno = app.attendant().await;
    bruno.get("/contacts/601").await.assert_does_not_say("Acessos pelo link");
    let ended = admin.post("/contacts/601/accesses/ending", &[]).await;
    let page = admin.follow(&ended).await;
    page.assert_says("Acessos encerrados. O cliente entra de novo pelo link.")
        .assert_does_not_say("Acessos pelo link");
    marina.get(&path).await.assert_status(404);
    marina.enter(&app.link(601)).await.assert_status(200);
}

#[actix_web::test]
async fn a_link_holder_cannot_flood_the_table_of_accesses() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let link = app.link(601);
    for _ in 0..60 {
        app.visitor().get(&link).await.assert_status(303);
    }
    assert_eq!(count(&app, "customer_accesses"), 50);
    marina.get(&path).await.assert_status(200);
}

/// Requests the page until it is refused. How many requests are served before depends on the machine's speed.
async fn until_limited(visitor: &Visitor, path: &str) -> Page {
    for _ in 0..5_000 {
        let page = visitor.get(path).await;
        if page.status == 429 {
            return page;
        }
    }
    panic!("{path} is not limited");
}

#[actix_web::test]
async fn reads_by_a_link_are_limited_and_a_typed_text_is_kept() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let rafael = app.customer(602).await;
    for path in [format!("{path}/messages"), path.clone(), app.link(601)] {
        let page = until_limited(&marina, &path).await;
        page.assert_says("Aguarde um pouco");
        assert!(!page.header("retry-after").is_empty());
    }
    let fields = [("body", "não me percas"), ("client_key", KEY)];
    let mut page = marina.post(&format!("{path}/messages"), &fields).await;
    while page.status == 303 {
        until_limited(&marina, &path).await;
        page = marina.post(&format!("{path}/messages"), &fields).await;
    }
    page.assert_status(429).assert_says("Foram muitos pedidos em pouco tempo.");
    assert_eq!(page.texts("textarea"), ["não me percas"]);
    rafael.get("/c/602").await.assert_status(200);
    app.shared.refusals.write(&app.shared.db).await.unwrap();
    let audited =
        "SELECT DISTINCT details->>'route' AS value FROM audit WHERE action = 'access.limited' ORDER BY 1";
    let routes = app.database.texts(audited);
    assert!(routes.iter().any(|route| route == "GET /c/{contact:[0-9]+}/messages"), "{routes:?}");
    assert!(routes.iter().all(|route| !route.contains("601")), "{routes:?}");
    let addresses = "SELECT DISTINCT ip AS value FROM audit WHERE action = 'access.limited'";
    assert_eq!(app.database.texts(addresses), [""]);
}

#[actix_web::test]
async fn a_refused_message_is_shown_again() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let action = format!("{path}/messages");
    marina.post(&action, &[("body", " ")]).await.assert_status(422).assert_says("Escreva a mensagem ou");
    let long = "x".repeat(4097);
    let page = marina.post(&action, &[("body", &long), ("client_key", KEY)]).await;
    page.assert_status(422).assert_says("Use até 4.096 caracteres.");
    assert_eq!(page.texts("textarea"), [long]);
    assert_eq!(page.attribute("input[name=client_key]", "value").unwrap(), KEY);
    marina.post_raw(&action, &[("body", "oi")]).await.assert_status(403);
    assert_eq!(count(&app, "tickets"), 0);
}

#[actix_web::test]
async fn thirty_messages_a_minute_are_enough() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let action = format!("{path}/messages");
    let first = [("body", "texto 0"), ("client_key", KEY)];
    marina.post(&action, &first).await.assert_status(303);
    for n in 1..30 {
        marina.post(&action, &[("body", &format!("texto {n}"))]).await.assert_status(303);
    }
    let page = marina.post(&action, &[("body", "mais uma")]).await;
    page.assert_status(429).assert_says("Aguarde um minuto");
    assert_eq!(page.texts("textarea"), ["mais uma"]);
    marina.post(&action, &first).await.assert_status(303);
    assert_eq!(count(&app, "messages WHERE kind = 'customer'"), 30);
    app.database.execute("UPDATE messages SET created_at = created_at - interval '1 minute'");
    marina.post(&action, &[("body", "mais uma")]).await.assert_status(303);
}

#[actix_web::test]
async fn receipts_cover_only_messages_sent_to_this_contact() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    let other = open_ticket(&app, app.company.rafael, app.company.support);
    app.database.execute(&format!(
        "INSERT INTO messages (id, contact_id, ticket_id, kind, author_id, body) VALUES
            (1, 601, {ticket}, 'attendant', 303, 'um'), (2, 601, {ticket}, 'attendant', 303, 'dois'),
            (3, 601, {ticket}, 'comment', 303, 'três'), (4, 601, {ticket}, 'customer', NULL, 'quatro'),
            (5, 602, {other}, 'attendant', 303, 'cinco')"
    ));
    let (marina, path) = marina(&app).await;
    let page = || app.attendant();
    page().await.get(&format!("/tickets/{ticket}")).await.assert_does_not_say("Entregue");
    let receipts = format!("{path}/receipts");
    let delivered = [("delivered", "1"), ("delivered", "2"), ("delivered", "3"), ("delivered", "5")];
    marina.post(&receipts, &delivered).await.assert_status(204);
    let team = page().await.get(&format!("/tickets/{ticket}")).await;
    assert_eq!(team.text().matches("Entregue").count(), 2);
    let fields = [("read", "2"), ("read", "4"), ("read", "5"), ("read", "x")];
    marina.post(&receipts, &fields).await.assert_status(204);
    let part = page().await.get("/contacts/601/conversation/messages?after=4").await;
    assert_eq!(part.count("[data-receipt-of]"), 2);
    assert!(part.texts("[data-receipt-of='2']")[0].contains("Lida às"));
    assert_eq!(
        app.database.texts(
            "SELECT id || coalesce(' d' || (delivered_at IS NOT NULL)::text, '') || ' ' ||
                    (read_at IS NOT NULL)::text AS value FROM messages ORDER BY id"
        ),
        ["1 dtrue false", "2 dtrue true", "3 dfalse false", "4 dfalse false", "5 dfalse false"]
    );
    marina.get(&path).await;
    assert_eq!(marina.get(&path).await.count("[data-receipt=read]"), 1);
}

#[actix_web::test]
async fn the_customers_page_is_not_indexed_and_sends_no_address_to_other_sites() {
    let app = TestApp::new().await;
    let (marina, path) = marina(&app).await;
    let page = marina.get(&path).await;
    assert!(page.attribute("meta[name=robots]", "content").unwrap().contains("noindex"));
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.count("[style]") + page.count("style") + page.count("script:not([src])"), 0);
}

//! E-mail and webhook channels: their forms, their secrets, how they are doing, and pausing them.

use crate::harness::{Filled, Page, TestApp, Visitor};
use crate::resubmission::refuse_writes;

const MAIL: Filled<'static> = &[
    ("kind", "email"),
    ("name", "Atendimento"),
    ("department_id", "101"),
    ("address", "Ola@Empresa.example"),
    ("smtp_host", "smtp.empresa.example"),
    ("smtp_security", "tls"),
    ("smtp_port", ""),
    ("sign_in", "password"),
    ("user", "ola"),
    ("password", "frase-secreta-1"),
    ("imap_host", "imap.empresa.example"),
    ("imap_security", "starttls"),
    ("imap_port", ""),
];

const WEBHOOK: Filled<'static> = &[
    ("kind", "webhook"),
    ("name", "Sistema"),
    ("department_id", "101"),
    ("url", "https://sistema.empresa.example/pontual"),
];

fn with<'a>(fields: Filled<'a>, changes: Filled<'a>) -> Vec<(&'a str, &'a str)> {
    let is_kept = |(name, _): &&(&str, &str)| changes.iter().all(|(changed, _)| changed != name);
    fields.iter().filter(is_kept).chain(changes).copied().collect()
}

/// Creates a channel and returns its path.
async fn created(app: &TestApp, admin: &Visitor, fields: Filled<'_>) -> (String, Page) {
    admin.get("/channels/new").await;
    let answer = admin.post("/channels", fields).await;
    let id =
        app.database.number("SELECT coalesce(max(id), 0) AS value FROM channels WHERE kind <> 'web_chat'");
    (format!("/channels/{id}"), answer)
}

fn setting(app: &TestApp, name: &str) -> Vec<String> {
    app.database.texts(&format!("SELECT settings->>'{name}' AS value FROM channels WHERE kind <> 'web_chat'"))
}

fn sealed(app: &TestApp) -> Vec<String> {
    app.database.texts("SELECT encode(secrets, 'hex') AS value FROM channels WHERE kind <> 'web_chat'")
}

#[actix_web::test]
async fn the_kind_is_chosen_first_and_only_those_that_can_send_are_offered() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let choice = admin.get("/channels/new").await;
    assert_eq!(choice.texts(".channel-kinds h2"), ["Chat do site", "E-mail", "Webhook"]);
    choice.assert_says("Tenha à mão o servidor SMTP").assert_does_not_say("WhatsApp");
    admin.get("/channels/new?kind=whatsapp").await.assert_says("Escolha o tipo.");
    assert_eq!(admin.get("/channels/new?kind=email").await.count("#smtp_host"), 1);
    assert_eq!(admin.get("/channels/new?kind=webhook").await.count("#url"), 1);
    admin.post("/channels", &with(MAIL, &[("kind", "telegram")])).await.assert_status(400);
}

#[actix_web::test]
async fn a_mail_channel_is_saved_with_the_usual_ports_and_its_password_encrypted() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let (path, answer) = created(&app, &admin, MAIL).await;
    let list = admin.follow(&answer).await;
    list.assert_says("Conexão salva.").assert_says("ola@empresa.example").assert_says("Sem envio ainda");
    assert_eq!(setting(&app, "smtp_port"), ["465"]);
    assert_eq!(setting(&app, "imap_port"), ["143"]);
    let stored =
        "SELECT settings::text || encode(secrets, 'escape') AS value FROM channels WHERE kind = 'email'";
    assert!(!app.database.texts(stored)[0].contains("frase-secreta"));
    let page = admin.get(&path).await;
    page.assert_says("Está guardada e não aparece de novo.");
    assert!(!page.body.contains("frase-secreta"));
    assert_eq!(page.attribute("#smtp_port", "value").unwrap(), "465");
}

#[actix_web::test]
async fn every_wrong_field_of_a_mail_channel_is_named_and_comes_back_without_the_password() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let wrong: Filled<'_> = &[
        ("kind", "email"),
        ("address", "ola"),
        ("smtp_host", "https://smtp.empresa.example"),
        ("smtp_security", "none"),
        ("smtp_port", "70000"),
        ("sign_in", "password"),
        ("password", "frase-secreta-2"),
        ("imap_host", "127.0.0.1"),
        ("imap_security", "tls"),
    ];
    let (_, page) = created(&app, &admin, wrong).await;
    page.assert_status(422);
    let fields = page.attributes("[data-error-summary] a", "href");
    let expected = [
        "#name",
        "#department_id",
        "#address",
        "#smtp_host",
        "#smtp_security",
        "#smtp_port",
        "#user",
        "#imap_host",
    ];
    assert_eq!(fields, expected);
    assert_eq!(page.attribute("#address", "value").unwrap(), "ola");
    assert_eq!(page.attribute("#smtp_port", "value").unwrap(), "70000");
    page.assert_says("Este endereço é de uma rede interna.");
    assert!(!page.body.contains("frase-secreta"));
    let oauth = [("kind", "email"), ("sign_in", "refresh_token"), ("token_url", "http://token.example/")];
    let page = admin.post("/channels", &oauth).await;
    page.assert_status(422)
        .assert_says("Use um endereço que comece com https://.")
        .assert_says("Informe o segredo do aplicativo.")
        .assert_says("Informe o refresh token.");
}

#[actix_web::test]
async fn private_servers_are_accepted_where_the_operator_allows_them() {
    let app = TestApp::with_variable("PONTUAL_ALLOW_PRIVATE_ADDRESSES", "yes").await;
    let admin = app.administrator().await;
    let own = [("smtp_host", "127.0.0.1"), ("smtp_security", "none"), ("imap_host", "localhost")];
    created(&app, &admin, &with(MAIL, &own)).await.1.assert_status(303);
    assert_eq!(setting(&app, "smtp_port"), ["25"]);
    let url = [("url", "http://127.0.0.1:9000/pontual")];
    created(&app, &admin, &with(WEBHOOK, &url)).await.1.assert_status(201);
}

#[actix_web::test]
async fn an_empty_password_keeps_the_stored_one_and_a_new_one_is_audited_by_name_only() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, MAIL).await;
    let before = sealed(&app);
    admin.edit(&path, &with(MAIL, &[("password", ""), ("name", "Mesa")])).await.assert_status(303);
    assert_eq!(sealed(&app), before);
    let new = [("password", "frase-secreta-3"), ("name", "Mesa")];
    admin.edit(&path, &with(MAIL, &new)).await.assert_status(303);
    assert_ne!(sealed(&app), before);
    let audited = "SELECT details::text AS value FROM audit WHERE action = 'channel.edited' ORDER BY id";
    assert_eq!(app.database.texts(audited), [r#"{"fields": ["name"]}"#, r#"{"fields": ["password"]}"#]);
    let log = admin.get("/audit").await;
    log.assert_says("editou a conexão Mesa").assert_says("senha alterada");
    assert!(!log.body.contains("frase-secreta"));
}

#[actix_web::test]
async fn a_stored_password_is_not_sent_to_another_server() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, MAIL).await;
    let moved = [("password", ""), ("smtp_host", "smtp.outra.example")];
    admin.edit(&path, &with(MAIL, &moved)).await.assert_status(422).assert_says("Informe a senha.");
    let typed = [("smtp_host", "smtp.outra.example")];
    admin.edit(&path, &with(MAIL, &typed)).await.assert_status(303);
}

#[actix_web::test]
async fn the_kind_of_a_channel_never_changes() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, MAIL).await;
    admin.edit(&path, &with(MAIL, &[("kind", "webhook"), ("name", "Outro")])).await.assert_status(303);
    let kinds = "SELECT kind AS value FROM channels WHERE name = 'Outro'";
    assert_eq!(app.database.texts(kinds), ["email"]);
}

#[actix_web::test]
async fn two_edits_of_a_mail_channel_are_merged_and_a_changed_password_is_only_mentioned() {
    let app = TestApp::new().await;
    let (ana, eva) = (app.administrator().await, app.administrator().await);
    let (path, _) = created(&app, &ana, MAIL).await;
    let seen = eva.get(&path).await.attribute("input[name=version]", "value").unwrap();
    let first = [("smtp_port", "2465"), ("password", "frase-secreta-4"), ("user", "mesa")];
    ana.edit(&path, &with(MAIL, &first)).await.assert_status(303);
    let second = [
        ("user", "balcao"),
        ("password", ""),
        ("smtp_port", "465"),
        ("imap_port", "143"),
        ("version", &seen),
    ];
    let late = eva.post(&path, &with(MAIL, &second)).await;
    late.assert_status(409).assert_says("Porta do SMTP").assert_says("Senhas").assert_says("Alteradas");
    assert!(!late.body.contains("frase-secreta"));
    assert_eq!(late.attribute("#smtp_port", "value").unwrap(), "2465");
    assert_eq!(late.attribute("#user", "value").unwrap(), "balcao");
}

#[actix_web::test]
async fn a_form_that_cannot_be_saved_comes_back_without_its_secrets() {
    let app = TestApp::new().await.with_made_up_rows("no write works");
    let admin = app.administrator().await;
    admin.get("/channels/new").await;
    refuse_writes(&app);
    let kept = admin.post("/channels", &with(MAIL, &[("client_secret", "frase-secreta-5")])).await;
    kept.assert_status(503);
    assert!(kept.body.contains("smtp.empresa.example"));
    assert!(!kept.body.contains("frase-secreta"));
}

#[actix_web::test]
async fn a_webhook_shows_its_secret_once_and_the_former_one_stays_valid_until_removed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let (path, page) = created(&app, &admin, WEBHOOK).await;
    page.assert_status(201);
    let secret = page.attribute("#secret", "value").unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() > 40, "{secret}");
    assert!(page.attribute("#inbox-url", "value").unwrap().ends_with(&format!("{path}/inbox")));
    let shown = admin.get(&path).await;
    assert!(!shown.body.contains("whsec_"));
    shown.assert_does_not_say("O segredo anterior ainda vale.");
    let rotated = admin.post(&format!("{path}/secret"), &[]).await;
    let new = rotated.assert_status(200).attribute("#secret", "value").unwrap();
    assert_ne!(new, secret);
    admin.get(&path).await.assert_says("O segredo anterior ainda vale.");
    let removed = admin.post(&format!("{path}/previous-secret/removal"), &[]).await;
    admin.follow(&removed).await.assert_does_not_say("O segredo anterior ainda vale.");
    let audited = "SELECT details::text AS value FROM audit WHERE action = 'channel.edited' ORDER BY id";
    let fields = [r#"{"fields": ["secret"]}"#, r#"{"fields": ["previous_secret"]}"#];
    assert_eq!(app.database.texts(audited), fields);
}

#[actix_web::test]
async fn only_addresses_that_a_webhook_may_call_are_saved() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for (url, sentence) in [
        ("", "Informe o endereço completo"),
        ("http://sistema.example/", "Use um endereço que comece com https://."),
        ("https://10.0.0.8/", "Este endereço é de uma rede interna."),
        ("https://ana:senha@sistema.example/", "sem usuário e senha"),
    ] {
        let (_, page) = created(&app, &admin, &with(WEBHOOK, &[("url", url)])).await;
        page.assert_status(422).assert_says(sentence);
        assert_eq!(page.attribute("#url", "value").unwrap(), url);
    }
}

#[actix_web::test]
async fn a_test_shows_the_answer_on_the_page_also_to_htmx() {
    let app = TestApp::new().await.with_made_up_rows("a channel without settings");
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, WEBHOOK).await;
    app.database.execute("UPDATE channels SET settings = '{}' WHERE kind = 'webhook'");
    admin.get("/channels").await;
    let test = format!("{path}/test");
    for page in [admin.post(&test, &[]).await, admin.post_part(&test, &[]).await] {
        page.assert_status(200);
        assert_eq!(page.count("#channel-test .notice-error[role=status]"), 1, "{}", page.body);
    }
    admin.post("/channels/401/test", &[]).await.assert_status(404);
}

#[actix_web::test]
async fn the_list_and_the_page_show_how_a_channel_is_doing() {
    let app = TestApp::new().await.with_made_up_rows("a channel's state");
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, WEBHOOK).await;
    queue(&app);
    let state = |set: &str| app.database.execute(&format!("UPDATE channel_states SET {set}"));
    state("last_success_at = now()");
    for page in ["/channels", &path] {
        admin.get(page).await.assert_says("Funcionando");
    }
    admin.get("/channels").await.assert_says("1 na fila").assert_says("1 com falha").assert_says("1 incerta");
    state(
        "failing_since = now(), last_error = 'connection refused', broken_until = now() + interval '1 hour'",
    );
    admin.get("/channels").await.assert_says("Com problema");
    let page = admin.get(&path).await;
    page.assert_says("Não funciona desde").assert_says("connection refused").assert_says("Próxima tentativa");
}

#[actix_web::test]
async fn a_pause_keeps_the_queue_and_the_resumption_makes_it_due() {
    let app = TestApp::new().await.with_made_up_rows("a queued message");
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, WEBHOOK).await;
    queue(&app);
    for _ in 0..2 {
        let paused = admin.post(&format!("{path}/pause"), &[]).await;
        admin.follow(&paused).await.assert_says("Envio pausado por Ana Prado");
    }
    app.database.execute(
        "UPDATE outbox SET next_attempt_at = now() + interval '1 hour';
         UPDATE channel_states SET broken_until = now() + interval '1 hour'",
    );
    for _ in 0..2 {
        let resumed = admin.post(&format!("{path}/resumption"), &[]).await;
        admin.follow(&resumed).await.assert_says("Envio retomado.").assert_does_not_say("Envio pausado");
    }
    let due = "SELECT count(*) AS value FROM outbox JOIN channel_states USING (channel_id)
                WHERE state = 'queued' AND next_attempt_at <= now() AND broken_until IS NULL AND paused_at IS NULL";
    assert_eq!(app.database.number(due), 1);
    let audited =
        "SELECT action AS value FROM audit WHERE action IN ('channel.paused', 'channel.resumed') ORDER BY id";
    assert_eq!(app.database.texts(audited), ["channel.paused", "channel.resumed"]);
    admin.post("/channels/401/pause", &[]).await.assert_status(404);
    admin.post("/channels/401/resumption", &[]).await.assert_status(404);
}

#[actix_web::test]
async fn incoming_messages_with_a_problem_are_listed_and_read_again() {
    let app = TestApp::new().await.with_made_up_rows("an incoming message");
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, MAIL).await;
    app.database.execute(
        "INSERT INTO inbox (id, channel_id, provider_id, payload, tries, problem)
         SELECT 77, id, 'a', 'From: ana@casa.example\r\nSubject: Pedido\r\n\r\nOi', 5, 'Anexo ilegível.'
           FROM channels WHERE kind = 'email'",
    );
    admin.get("/channels").await.assert_says("1 recebida com problema");
    admin.get(&path).await.assert_says("ana@casa.example: Pedido").assert_says("Anexo ilegível.");
    for _ in 0..2 {
        let again = admin.post(&format!("{path}/inbox/77/retry"), &[]).await;
        admin.follow(&again).await.assert_does_not_say("Anexo ilegível.");
    }
    let waiting =
        "SELECT count(*) AS value FROM inbox WHERE problem IS NULL AND tries = 0 AND next_try_at <= now()";
    assert_eq!(app.database.number(waiting), 1);
    let audited = "SELECT count(*) AS value FROM audit WHERE action = 'channel.message_retried'";
    assert_eq!(app.database.number(audited), 1);
}

#[actix_web::test]
async fn a_mail_that_was_not_fetched_is_not_offered_to_be_read_again() {
    let app = TestApp::new().await.with_made_up_rows("a mail that was skipped");
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, MAIL).await;
    app.database.execute(
        "INSERT INTO inbox (id, channel_id, provider_id, payload, problem)
         SELECT 78, id, 'imap:7:1', '', 'Um e-mail de 50 MB é grande demais.' FROM channels WHERE kind = 'email'",
    );
    let page = admin.get(&path).await;
    page.assert_says("Um e-mail de 50 MB é grande demais.").assert_does_not_say("Tentar de novo");
    admin.post(&format!("{path}/inbox/78/retry"), &[]).await.assert_status(303);
    admin.get(&path).await.assert_says("Um e-mail de 50 MB é grande demais.");
}

#[actix_web::test]
async fn deactivating_says_what_becomes_of_the_queue() {
    let app = TestApp::new().await.with_made_up_rows("a queued message");
    let admin = app.administrator().await;
    let (path, _) = created(&app, &admin, WEBHOOK).await;
    queue(&app);
    let asked = admin.get(&format!("{path}/deactivation")).await;
    asked.assert_says("1 mensagem está na fila. Ela fica guardada");
    admin.post(&format!("{path}/deactivation"), &[]).await.assert_status(303);
    admin.get(&path).await.assert_says("Desativada: nada é enviado, e a fila fica guardada.");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM outbox WHERE state = 'queued'"), 1);
}

/// Writes messages of Marina for the webhook: one queued, one failed and one uncertain.
fn queue(app: &TestApp) {
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id, status) VALUES (790, 601, 101, 'open');
         INSERT INTO messages (id, ticket_id, contact_id, kind, author_id, body)
            SELECT n, 790, 601, 'attendant', 301, 'Olá' FROM generate_series(791, 793) n;
         INSERT INTO outbox (message_id, contact_id, channel_id, state, reason)
            SELECT n, 601, c.id, state, reason
              FROM channels c, (VALUES (791, 'queued', NULL), (792, 'failed', 'too_old'), (793, 'uncertain', 'no_answer'))
                   v(n, state, reason)
             WHERE c.kind = 'webhook'",
    );
}

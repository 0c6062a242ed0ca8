//! "Salvar e fechar chamado": which ticket is closed, and what is asked before.

use super::{form, save};
use crate::harness::{Page, TestApp, Visitor};
use crate::tickets::{customer_writes, open_ticket};

const OPEN: &str = "SELECT count(*) AS value FROM tickets WHERE status = 'open'";
const SCHEDULES: &str = "SELECT count(*) AS value FROM schedules WHERE status = 'scheduled'";

async fn app() -> TestApp {
    TestApp::new().await.with_made_up_rows("tickets and messages without their events")
}

/// The form of a new schedule for Marina, with its hidden fields.
async fn opened(visitor: &Visitor) -> Vec<(&'static str, String)> {
    carried(&visitor.get("/schedules/new?contact_id=601").await)
}

fn carried(page: &Page) -> Vec<(&'static str, String)> {
    let value = |name| page.attribute(&format!("[name={name}]"), "value").unwrap_or_default();
    ["form_key", "zone", "open_ticket"].map(|name| (name, value(name))).into()
}

async fn send(
    visitor: &Visitor,
    path: &str,
    carried: &[(&'static str, String)],
    more: &[(&'static str, &str)],
) -> Page {
    let mut fields: Vec<_> = carried.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend(more);
    visitor.post(path, &form(&fields)).await
}

#[actix_web::test]
async fn save_and_close_after_save_closes_the_ticket() {
    let app = app().await;
    open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    let first = send(&admin, "/schedules", &own, &[]).await;
    first.assert_status(303);
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (1, 1));
    for _ in 0..2 {
        let again = send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await;
        assert_eq!(again.location(), first.location());
        admin.follow(&again).await.assert_says("Agendamento salvo e chamado fechado.");
        assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (0, 1));
    }
}

#[actix_web::test]
async fn a_page_that_showed_no_ticket_closes_none_even_if_the_team_has_seen_it() {
    let app = app().await;
    let ticket = open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    save(&admin, &[("form_key", "k")]).await.assert_status(303);
    customer_writes(&app, 601, ticket, "Ainda preciso de ajuda");
    let again = [("form_key", "k"), ("after", "close_ticket")];
    let asked = save(&admin, &again).await;
    asked.assert_status(409).assert_says("Marina Duarte: Ainda preciso de ajuda");
    assert_eq!(app.database.number(OPEN), 1);
    app.database.execute("UPDATE tickets SET seen_message_id = (SELECT max(id) FROM messages)");
    let asked = save(&admin, &again).await;
    asked.assert_status(409);
    assert_eq!(app.database.number(OPEN), 1);
    let shown = asked.attribute("[name=open_ticket]", "value").unwrap();
    save(&admin, &[&again[..], &[("open_ticket", shown.as_str())]].concat()).await.assert_status(303);
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (0, 1));
}

#[actix_web::test]
async fn a_form_that_was_opened_before_there_was_a_ticket_asks_before_it_closes_one() {
    let app = app().await;
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    assert_eq!(own[2], ("open_ticket", String::new()));
    let ticket = open_ticket(&app, 601, 101);
    customer_writes(&app, 601, ticket, "Bom dia");
    app.database.execute("UPDATE tickets SET seen_message_id = (SELECT max(id) FROM messages)");
    let asked = send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await;
    asked.assert_status(409).assert_says("que não estava na sua tela.");
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (1, 0));
    send(&admin, "/schedules", &carried(&asked), &[("after", "close_ticket")]).await.assert_status(303);
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (0, 1));
}

#[actix_web::test]
async fn an_edit_that_was_saved_closes_the_ticket_when_asked_again() {
    let app = app().await;
    open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    for changes in [&[("comment", "Outro")][..], &[]] {
        let page = admin.get(&format!("{path}/edit")).await;
        let own = carried(&page);
        let value = |name| page.attribute(&format!("[name={name}]"), "value").unwrap();
        let (version, original) = (value("version"), value("original"));
        let mut fields = vec![("version", version.as_str()), ("original", original.as_str())];
        fields.extend(changes);
        send(&admin, &path, &own, &fields).await.assert_status(303);
        assert_eq!(app.database.number(OPEN), 1);
        fields.push(("after", "close_ticket"));
        let closed = send(&admin, &path, &own, &fields).await;
        admin.follow(&closed).await.assert_says("Agendamento salvo e chamado fechado.");
        assert_eq!(app.database.number(OPEN), 0);
        open_ticket(&app, 601, 101);
    }
}

#[actix_web::test]
async fn a_message_that_arrived_later_is_shown_before_its_ticket_is_closed() {
    let app = app().await;
    let ticket = open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    customer_writes(&app, 601, ticket, "Não feche ainda");
    let asked = send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await;
    asked
        .assert_status(409)
        .assert_says("Chegaram mensagens no chamado que não estavam na sua tela.")
        .assert_says("Nada foi salvo ainda, e o chamado continua aberto.")
        .assert_says("Marina Duarte: Não feche ainda");
    assert_eq!(asked.texts("#message"), ["Olá, Marina! Tudo bem?"], "typed text is kept");
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (1, 0));

    let informed = send(&admin, "/schedules", &carried(&asked), &[("after", "close_ticket")]).await;
    admin.follow(&informed).await.assert_says("Agendamento salvo e chamado fechado.");
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (0, 1));
}

#[actix_web::test]
async fn a_user_may_save_without_closing_the_ticket() {
    let app = app().await;
    let ticket = open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    customer_writes(&app, 601, ticket, "Não feche ainda");
    let asked = send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await;
    send(&admin, "/schedules", &carried(&asked), &[]).await.assert_status(303);
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (1, 1));
}

#[actix_web::test]
async fn a_message_after_the_schedule_was_saved_keeps_its_ticket_open() {
    let app = app().await;
    let ticket = open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    send(&admin, "/schedules", &own, &[]).await.assert_status(303);
    customer_writes(&app, 601, ticket, "Mais uma coisa");
    let asked = send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await;
    asked.assert_status(409).assert_says("O agendamento já está salvo, e o chamado continua aberto.");
    let own = carried(&asked);
    send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await.assert_status(303);
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (0, 1));
}

#[actix_web::test]
async fn a_ticket_that_was_not_shown_is_not_closed_without_asking() {
    let app = app().await;
    let first = open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    app.database.execute(&format!(
        "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp(), closed_by = 303 WHERE id = {first};
         INSERT INTO tickets (id, protocol, contact_id, department_id) VALUES (77, 4077, 601, 101)"
    ));
    let asked = send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await;
    asked.assert_status(409).assert_says("agora é o nº 4077, que não estava na sua tela");
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (1, 0));
    send(&admin, "/schedules", &carried(&asked), &[("after", "close_ticket")]).await.assert_status(303);
    assert_eq!(app.database.number(OPEN), 0);
}

#[actix_web::test]
async fn a_resubmission_does_not_close_a_newer_ticket() {
    let app = app().await;
    open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    let closing = [("after", "close_ticket")];
    send(&admin, "/schedules", &own, &closing).await.assert_status(303);
    open_ticket(&app, 601, 101);
    let retry = send(&admin, "/schedules", &own, &closing).await;
    admin.follow(&retry).await.assert_says("Agendamento salvo e chamado fechado.");
    assert_eq!((app.database.number(OPEN), app.database.number(SCHEDULES)), (1, 1));
}

#[actix_web::test]
async fn a_colleagues_comment_must_be_read_first_but_not_ones_own() {
    let app = app().await;
    let ticket = open_ticket(&app, 601, 101);
    let admin = app.administrator().await;
    let own = opened(&admin).await;
    let comment = |author: i64, text: &str| {
        app.database.execute(&format!(
            "INSERT INTO messages (contact_id, ticket_id, kind, author_id, body)
                VALUES (601, {ticket}, 'comment', {author}, '{text}')"
        ));
    };
    comment(303, "Vou ligar para ela");
    let asked = send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await;
    asked.assert_status(409).assert_says("Bruno Lima: Vou ligar para ela");
    comment(301, "Anotado");
    let own = carried(&asked);
    send(&admin, "/schedules", &own, &[("after", "close_ticket")]).await.assert_status(303);
    assert_eq!(app.database.number(OPEN), 0);
}

#[actix_web::test]
async fn users_who_may_close_the_ticket_see_its_unread_messages() {
    let app = app().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let ticket = open_ticket(&app, 601, 101);
    for text in ["um", "dois", "três", "quatro"] {
        customer_writes(&app, 601, ticket, text);
    }
    let path = "/schedules/new/contact-warning?contact_id=601";
    let theirs = app.attendant().await.get_part(path).await;
    assert_eq!(theirs.texts("[data-unread] li span"), ["dois", "três", "quatro"]);
    theirs.assert_says("Há mais mensagens antes dessas.");
    assert_eq!(theirs.count("#close-ticket input[name=open_ticket]"), 1);
    let others = app.other_attendant().await.get_part(path).await;
    others.assert_says("Este contato tem um chamado aberto.").assert_does_not_say("quatro");
    assert_eq!(others.count("input[name=open_ticket]"), 0);
}

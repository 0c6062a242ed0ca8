//! The choice of the connection, for a contact that has several.

use diesel::connection::SimpleConnection;

use super::{form, save};
use crate::dispatcher::run;
use crate::harness::TestApp;

/// Marina also has an e-mail address, and a Telegram id.
async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES
            (402, 'email', 'E-mail', 101), (403, 'telegram', 'Robô', 101);
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES
            (601, 402, 'email', 'marina@cliente.example'), (601, 403, 'telegram', '77');",
    );
    app
}

fn stored(app: &TestApp) -> Vec<String> {
    app.database.texts("SELECT coalesce(channel_id::text, '-') AS value FROM schedules ORDER BY id")
}

#[actix_web::test]
async fn a_contact_with_one_connection_leaves_no_choice() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    assert_eq!(admin.get("/schedules/new?contact_id=601").await.count("#channel_id"), 0);
    let part = admin.get_part("/schedules/new/contact-warning?contact_id=601").await;
    assert_eq!(part.count("#channel_id"), 0);
    save(&admin, &[("channel_id", "999")]).await.assert_status(303);
    assert_eq!(stored(&app), ["-"]);
}

#[actix_web::test]
async fn the_connection_that_worked_last_is_proposed() {
    let app = app().await;
    let admin = app.administrator().await;
    let offered = async || {
        let part = admin.get_part("/schedules/new/contact-warning?contact_id=601").await;
        let page = admin.get("/schedules/new?contact_id=601").await;
        assert_eq!(
            part.attribute("#channel_id option[selected]", "value"),
            page.attribute("#channel_id option[selected]", "value")
        );
        (part.texts("#channel_id option"), part.attribute("#channel_id option[selected]", "value").unwrap())
    };
    let first = ["Chat do site", "E-mail", "Robô · Telegram (ainda não envia mensagens)"];
    assert_eq!(offered().await, (first.map(str::to_owned).to_vec(), String::new()));
    app.database.execute("UPDATE contact_identities SET worked_at = now() WHERE channel_id = 402");
    let (order, chosen) = offered().await;
    assert_eq!((order[0].as_str(), chosen.as_str()), ("E-mail", "402"));
    let app = app.with_made_up_rows("a ticket without events");
    app.database.execute(
        "WITH opened AS (INSERT INTO tickets (contact_id, department_id) VALUES (601, 101) RETURNING id)
         INSERT INTO messages (contact_id, ticket_id, kind, body) SELECT 601, id, 'customer', 'Oi' FROM opened",
    );
    assert_eq!(offered().await.1, "", "the customer has written on the web chat since");
    app.database.execute("UPDATE channels SET deactivated_at = now() WHERE id IN (402, 403)");
    let part = admin.get_part("/schedules/new/contact-warning?contact_id=601").await;
    assert_eq!(part.count("#channel_id"), 0, "one active connection leaves no choice");
}

#[actix_web::test]
async fn the_message_goes_by_the_chosen_connection() {
    let app = app().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[("channel_id", "402")]).await;
    let page = admin.follow(&saved).await;
    assert!(page.texts("dl.facts div").contains(&"Conexão E-mail".into()), "{}", page.text());
    app.database.execute("UPDATE schedules SET due_at = now() - interval '1 second'");
    run(&app.database);
    let queued = "SELECT format('%s %s', o.channel_id, i.value) AS value
                    FROM outbox o JOIN contact_identities i ON i.id = o.identity_id";
    assert_eq!(app.database.texts(queued), ["402 marina@cliente.example"]);
}

#[actix_web::test]
async fn a_deactivated_connection_ends_the_schedule_as_an_error() {
    let app = app().await;
    let admin = app.administrator().await;
    save(&admin, &[("channel_id", "402")]).await.assert_status(303);
    app.database.execute(
        "UPDATE channels SET deactivated_at = now() WHERE id = 402;
         UPDATE schedules SET due_at = now() - interval '1 second'",
    );
    run(&app.database);
    let end = app.database.texts("SELECT failure_reason AS value FROM schedules");
    assert_eq!(end, ["contact_inactive"]);
}

/// Makes all schedules due, and returns where their messages went.
fn fire(app: &TestApp) -> Vec<String> {
    app.database.execute("UPDATE schedules SET due_at = now() - interval '1 second'");
    run(&app.database);
    app.database.texts(
        "SELECT format('%s %s', o.channel_id, i.value) AS value
           FROM outbox o JOIN contact_identities i ON i.id = o.identity_id ORDER BY o.message_id",
    )
}

#[actix_web::test]
async fn without_the_contacts_first_connection_the_message_goes_where_one_last_arrived() {
    let app = app().await;
    let admin = app.administrator().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (404, 'email', 'Vendas', 101);
         INSERT INTO contact_identities (contact_id, channel_id, kind, value, seen_at, worked_at) VALUES
            (601, 404, 'email', 'antigo@cliente.example', now(), NULL),
            (601, 404, 'email', 'novo@cliente.example', NULL, now() - interval '1 year')",
    );
    let path = save(&admin, &[]).await.location().to_owned();
    let usage = admin.get("/channels/401/deactivation").await;
    assert!(!usage.text().contains("termina em erro"), "{}", usage.text());
    app.database.execute("UPDATE channels SET deactivated_at = now() WHERE id = 401");
    let page = admin.get(&path).await;
    assert!(!page.text().contains("sem conexão ativa"), "{}", page.text());
    assert_eq!(fire(&app), ["404 novo@cliente.example"]);
}

#[actix_web::test]
async fn a_connection_that_cannot_send_replaces_none() {
    let app = app().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    app.database.execute("UPDATE channels SET deactivated_at = now() WHERE id IN (401, 402)");
    admin.get(&path).await.assert_says("O contato está sem conexão ativa.");
    assert_eq!(fire(&app), [""; 0]);
    assert_eq!(app.database.texts("SELECT failure_reason AS value FROM schedules"), ["contact_inactive"]);
}

#[actix_web::test]
async fn a_connection_that_is_being_deactivated_replaces_none() {
    let app = app().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (404, 'email', 'Vendas', 101);
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES
            (601, 404, 'email', 'marina@cliente.example');
         UPDATE contact_identities SET worked_at = now() WHERE channel_id = 402;
         UPDATE channels SET deactivated_at = now() WHERE id = 401",
    );
    let mut deactivating = app.database.connect();
    deactivating.batch_execute("BEGIN; UPDATE channels SET deactivated_at = now() WHERE id = 402").unwrap();
    assert_eq!(fire(&app), ["404 marina@cliente.example"]);
}

#[actix_web::test]
async fn what_the_connection_cannot_carry_is_refused_at_once() {
    let app = app().await;
    let admin = app.administrator().await;
    let page = save(&admin, &[("channel_id", "403")]).await;
    page.assert_status(422).assert_says("Esta conexão ainda não envia mensagens.");
    assert_eq!(page.attribute("#channel_id option[selected]", "value").unwrap(), "403");
    assert_eq!(page.count("[data-error-summary] a[href='#channel_id']"), 1);
    save(&admin, &[("channel_id", "403"), ("message", "")]).await.assert_status(303);
    let page = save(&admin, &[("channel_id", "401"), ("due_at", "2030-12-06T10:00")]).await;
    page.assert_status(303);
    let page = save(&admin, &[("channel_id", "999"), ("due_at", "2030-12-07T10:00")]).await;
    page.assert_status(422).assert_says("A conexão escolhida não está ativa");
    assert_eq!(stored(&app), ["403", "-"], "the first connection is stored as none");
}

#[actix_web::test]
async fn files_that_an_email_cannot_carry_are_refused() {
    let app = app().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let files = [("a.txt", "um".as_bytes()), ("b.txt", "dois".as_bytes())];
    let fields = form(&[("channel_id", "402"), ("comment", "")]);
    let page = admin.post_files("/schedules", &fields, &files).await;
    page.assert_status(422);
    let ids = page.attributes("input[name=files][type=hidden]", "value");
    assert_eq!(ids.len(), 2);
    let app = app.with_made_up_rows("blobs without their bytes");
    app.database.execute("UPDATE blobs SET size = 10 * 1024 * 1024");
    let by = |channel| {
        let mut fields = form(&[("channel_id", channel)]);
        fields.extend(ids.iter().map(|id| ("files", id.as_str())));
        fields
    };
    let page = admin.post("/schedules", &by("402")).await;
    page.assert_status(422)
        .assert_says("Esta conexão leva até 18 MB em arquivos por mensagem, e estes somam 20 MB.");
    admin.post("/schedules", &by("")).await.assert_status(303);
}

#[actix_web::test]
async fn an_edit_changes_the_connection_and_the_history_tells_it() {
    let app = app().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let edit = format!("{path}/edit");
    assert_eq!(admin.get(&edit).await.attribute("#channel_id option[selected]", "value").unwrap(), "");
    admin.edit(&edit, &form(&[("channel_id", "402")])).await.assert_status(303);
    assert_eq!(stored(&app), ["402"]);
    admin.get(&path).await.assert_says("Conexão: de a primeira do contato para E-mail");
    let page = admin.get(&edit).await;
    assert_eq!(page.attribute("#channel_id option[selected]", "value").unwrap(), "402");
    app.database.execute("UPDATE channels SET deactivated_at = now() WHERE id = 402");
    let page = admin.get(&edit).await;
    assert_eq!(page.texts("#channel_id option[selected]"), ["E-mail (desativada)"]);
    admin.edit(&edit, &form(&[("channel_id", "402"), ("comment", "Outro")])).await.assert_status(303);
    assert_eq!(stored(&app), ["402"], "it stays, as does an inactive contact");
}

#[actix_web::test]
async fn two_edits_merge_the_connection_with_the_contact() {
    let app = app().await;
    let (admin, other) = (app.administrator().await, app.administrator().await);
    let path = save(&admin, &[]).await.location().to_owned();
    let edit = format!("{path}/edit");
    let mut opened = other.get(&edit).await.form_fields(&path);
    admin.edit(&edit, &form(&[("channel_id", "402")])).await.assert_status(303);
    opened.retain(|(name, _)| name != "comment");
    opened.push(("comment".into(), "Outro".into()));
    let opened: Vec<(&str, &str)> =
        opened.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = other.post(&path, &opened).await;
    page.assert_status(409).assert_says("Marina Duarte, E-mail");
    assert_eq!(page.attribute("#channel_id option[selected]", "value").unwrap(), "402");
}

#[actix_web::test]
async fn a_new_schedule_in_place_of_another_keeps_its_connection() {
    let app = app().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[("channel_id", "402")]).await.location().to_owned();
    let id = path.rsplit('/').next().unwrap();
    admin.post(&format!("{path}/cancellation"), &[]).await.assert_status(303);
    let again = format!("/schedules/new?from={id}");
    let page = admin.get(&again).await;
    assert_eq!(page.attribute("#channel_id option[selected]", "value").unwrap(), "402");
    app.database.execute("UPDATE channels SET deactivated_at = now() WHERE id = 402");
    let page = admin.get(&again).await;
    page.assert_says("A conexão escolhida não está mais ativa para este contato.");
    assert_eq!(page.attribute("#channel_id option[selected]", "value").unwrap(), "");
}

#[actix_web::test]
async fn a_contact_is_reachable_by_any_of_its_connections() {
    let app = app().await;
    app.database.execute("UPDATE channels SET deactivated_at = now() WHERE id IN (401, 403)");
    let admin = app.administrator().await;
    let part = admin.get_part("/schedules/new/contact-warning?contact_id=601").await;
    part.assert_does_not_say("sem conexão ativa");
    let found = admin.get("/schedules/new/contacts?q=").await.body;
    assert!(found.contains(r#""sub":"(11) 90000-0142""#), "{found}");
    assert!(found.contains("Sem conexão ativa"), "Rafael has no other: {found}");
    save(&admin, &[]).await.assert_status(303);
    assert_eq!(stored(&app), ["402"], "the only active one is taken");
}

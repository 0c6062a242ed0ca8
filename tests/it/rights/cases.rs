//! Known ways in which rights added up to more access. Each must stay closed.

use super::world::secret;
use crate::harness::{Plan, TestApp, Visitor};
use crate::tickets::{customer_writes, open_ticket};

/// A user of "Suporte" with these permissions.
async fn somebody(app: &TestApp, permissions: &[&str]) -> Visitor {
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (220, 'Cargo de teste');
         INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 320, 'Sílvia Melo', 'silvia@empresa.example', password_hash, 220 FROM users WHERE id = 303;
         INSERT INTO department_members VALUES (101, 320);
         INSERT INTO departments (id, name, position) VALUES (103, 'Comercial', 3);",
    );
    grant(app, permissions);
    app.signed_in("silvia@empresa.example").await
}

fn grant(app: &TestApp, permissions: &[&str]) {
    for permission in permissions {
        app.database.execute(&format!("INSERT INTO role_permissions VALUES (220, '{permission}')"));
    }
}

fn revoke(app: &TestApp, permission: &str) {
    app.database.execute(&format!(
        "DELETE FROM role_permissions WHERE role_id = 220 AND permission = '{permission}'"
    ));
}

#[actix_web::test]
async fn a_customers_link_is_shown_to_who_serves_the_contact_and_to_nobody_else() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let silvia = somebody(&app, &["contacts"]).await;
    let shows = async || silvia.get("/contacts/601").await.body.contains("/c/601-");
    let page = silvia.get("/contacts/601").await;
    page.assert_says("só quem atende este contato o vê").assert_says("Revogar link");
    assert!(!shows().await, "managing contacts alone does not show the link");
    grant(&app, &["tickets"]);
    assert!(
        shows().await,
        "before the first ticket, attendants of the queue in which it will wait see the link"
    );
    open_ticket(&app, 601, app.company.finance);
    assert!(!shows().await, "another department serves the contact now");
    grant(&app, &["tickets_all"]);
    assert!(shows().await);
    revoke(&app, "contacts");
    assert!(!shows().await, "without managing contacts, the contact's page does not show the link");
}

#[actix_web::test]
async fn revoking_a_link_shows_no_new_one_to_who_does_not_serve() {
    let app = TestApp::new().await;
    let silvia = somebody(&app, &["contacts"]).await;
    silvia.get("/contacts/601/link-revocation").await.assert_says("para quem atende este contato");
    let done = silvia.post("/contacts/601/link-revocation", &[]).await;
    assert!(!silvia.follow(&done).await.body.contains("/c/601-"));
}

#[actix_web::test]
async fn nobody_joins_a_department_by_themself() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let ticket = open_ticket(&app, 601, app.company.finance);
    customer_writes(&app, 601, ticket, &secret(601));
    let silvia = somebody(&app, &["departments", "tickets"]).await;
    let page = silvia.get("/departments/102?q=s%C3%ADlvia").await;
    page.assert_says("Sílvia Melo").assert_says("Peça a outra pessoa para incluir.");
    assert_eq!(page.count("button[name=user_id]"), 0, "an act that would be refused is not offered");
    let refused = silvia.post("/departments/102/members", &[("user_id", "320")]).await;
    silvia
        .follow(&refused)
        .await
        .assert_says("Quem inclui não pode passar a ver conversas por conta própria.");
    silvia.get(&format!("/tickets/{ticket}")).await.assert_status(404);
    let members =
        "SELECT count(*) AS value FROM department_members WHERE department_id = 102 AND user_id = 320";
    assert_eq!(app.database.number(members), 0);

    let added = silvia.post("/departments/102/members", &[("user_id", "303")]).await;
    silvia.follow(&added).await.assert_says("Atendente incluído no departamento.");
    let admin = app.administrator().await;
    admin.get("/departments/102").await;
    admin.post("/departments/102/members", &[("user_id", "320")]).await.assert_status(303);
    silvia.get(&format!("/tickets/{ticket}")).await.assert_status(200);
}

#[actix_web::test]
async fn who_attends_every_ticket_joins_any_department() {
    let app = TestApp::new().await;
    let silvia = somebody(&app, &["departments", "tickets_all"]).await;
    silvia.get("/departments/102?q=s%C3%ADlvia").await;
    let added = silvia.post("/departments/102/members", &[("user_id", "320")]).await;
    silvia.follow(&added).await.assert_says("Atendente incluído no departamento.");
}

#[actix_web::test]
async fn the_work_of_a_deactivated_department_does_not_go_to_ones_own() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    app.database.execute("UPDATE channels SET default_department_id = 102");
    open_ticket(&app, 601, app.company.finance);
    let silvia = somebody(&app, &["departments", "tickets"]).await;
    silvia.get("/departments/102/deactivation").await;
    let refused =
        silvia.post("/departments/102/deactivation", &[("channels_to", "101"), ("work_to", "")]).await;
    refused.assert_status(422).assert_says("Você atende esse departamento e passaria a ver conversas");
    let refused =
        silvia.post("/departments/102/deactivation", &[("channels_to", "103"), ("work_to", "101")]).await;
    refused.assert_status(422).assert_says("Com isso, você passaria a ver conversas que hoje não vê.");
    assert_eq!(app.database.number("SELECT department_id AS value FROM tickets"), 102);
    silvia.get("/contacts/601/conversation").await.assert_status(404);
    let moved =
        silvia.post("/departments/102/deactivation", &[("channels_to", "103"), ("work_to", "103")]).await;
    moved.assert_status(303);
    silvia.get("/contacts/601/conversation").await.assert_status(404);
}

/// Customers of a deactivated department are served by their channel's default department.
#[actix_web::test]
async fn a_department_is_not_deactivated_so_that_its_customers_fall_to_ones_own() {
    let app = TestApp::new().await;
    let silvia = somebody(&app, &["departments", "tickets"]).await;
    silvia.get("/departments/102/deactivation").await;
    let refused = silvia.post("/departments/102/deactivation", &[]).await;
    refused
        .assert_status(422)
        .assert_says("As próximas mensagens destes clientes viriam para um departamento seu");
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM departments WHERE deactivated_at IS NOT NULL"),
        0
    );
    app.database.execute("INSERT INTO department_members VALUES (102, 320)");
    silvia.get("/departments/102/deactivation").await;
    silvia.post("/departments/102/deactivation", &[]).await.assert_status(303);
}

#[actix_web::test]
async fn nobody_goes_along_to_another_department_with_work_that_they_move() {
    let app = TestApp::new().await;
    let silvia = somebody(&app, &["departments", "tickets"]).await;
    app.database.execute("UPDATE channels SET default_department_id = 103");
    let own = Plan { attendant: Some(320), due_in: "1 day", ..Plan::new(&app.company, "notify") };
    own.save(&app.database);
    silvia.get("/departments/101/deactivation").await;
    let refused = silvia.post("/departments/101/deactivation", &[("work_to", "102")]).await;
    refused.assert_status(422).assert_says("Com isso, você passaria a ver conversas");
    let members = "SELECT count(*) AS value FROM department_members WHERE user_id = 320";
    assert_eq!(app.database.number(members), 1);
    let admin = app.administrator().await;
    admin.get("/departments/101/deactivation").await;
    admin.post("/departments/101/deactivation", &[("work_to", "102")]).await.assert_status(303);
    assert_eq!(app.database.number(members), 2);
}

#[actix_web::test]
async fn a_channels_first_messages_are_not_led_to_ones_own_department() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE channels SET default_department_id = 102");
    let silvia = somebody(&app, &["channels", "tickets"]).await;
    let fields =
        |department| [("name", "Chat do site"), ("palette", "#4453cf"), ("department_id", department)];
    let refused = silvia.edit("/channels/401", &fields("101")).await;
    refused.assert_status(422).assert_says("Você atende este departamento e passaria a ver conversas");
    assert_eq!(app.database.number("SELECT default_department_id AS value FROM channels"), 102);
    silvia.edit("/channels/401", &fields("103")).await.assert_status(303);
    grant(&app, &["tickets_all"]);
    silvia.edit("/channels/401", &fields("101")).await.assert_status(303);
}

#[actix_web::test]
async fn a_contact_is_not_moved_to_a_channel_of_ones_own_department() {
    let app = TestApp::new().await;
    let silvia = somebody(&app, &["contacts", "tickets"]).await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES
            (402, 'web_chat', 'Loja', 102), (403, 'web_chat', 'Feira', 103);
         UPDATE contacts SET channel_id = 402 WHERE id = 601",
    );
    let fields = |channel| [("name", "Marina Duarte"), ("channel_id", channel)];
    let refused = silvia.edit("/contacts/601/edit", &fields("401")).await;
    refused.assert_status(422).assert_says("As mensagens desta conexão chegam a um departamento seu");
    silvia.edit("/contacts/601/edit", &fields("403")).await.assert_status(303);
}

#[actix_web::test]
async fn whom_one_let_in_counts_as_oneself() {
    let app = TestApp::new().await;
    let silvia = somebody(&app, &["users", "departments", "tickets"]).await;
    let invitation = |department| {
        [
            ("name", "Íris Sá"),
            ("email", "iris@empresa.example"),
            ("role_id", "203"),
            ("departments", department),
        ]
    };
    let page = silvia.get("/users/new").await;
    assert_eq!(page.attributes("[name=departments]:not([disabled])", "value"), ["101"]);
    silvia
        .post("/users", &invitation("102"))
        .await
        .assert_status(422)
        .assert_says("Escolha só departamentos de que você faz parte.");
    let invited = silvia.post("/users", &invitation("101")).await;
    invited.assert_status(201);
    let id = app.database.number("SELECT id AS value FROM users WHERE email = 'iris@empresa.example'");
    let add = async |who: &Visitor| {
        who.get("/departments/102").await;
        let added = who.post("/departments/102/members", &[("user_id", &id.to_string())]).await;
        who.follow(&added).await.text()
    };
    assert!(add(&silvia).await.contains("Quem inclui não pode"), "the invitation is still open");
    let link = invited.attribute("#access-link", "value").unwrap();
    let (path, iris) = (link[link.find("/access/").unwrap()..].to_owned(), app.visitor());
    iris.get(&path).await;
    iris.post(&path, &[("name", "Íris"), ("password", "quatro palavras quaisquer")]).await.assert_status(303);
    assert!(add(&silvia).await.contains("Quem inclui não pode"), "anybody may have used the invitation");
    assert!(add(&app.administrator().await).await.contains("Atendente incluído no departamento."));
}

//! Nobody gives, or takes over, what they do not have themselves.

use super::{NEW_PASSWORD, link_of, user_manager};
use crate::dispatcher;
use crate::harness::{Plan, TestApp};

/// The fields of Bruno's form.
fn bruno<'a>(changes: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let mut fields = vec![
        ("name", "Bruno Lima"),
        ("email", "bruno@empresa.example"),
        ("role_id", "203"),
        ("departments", "101"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

#[actix_web::test]
async fn an_account_with_more_permissions_cannot_be_granted_or_taken_over() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO role_permissions VALUES (203, 'contacts'); DELETE FROM department_members WHERE user_id = 303",
    );
    let paula = user_manager(&app).await;
    let page = paula.get("/users/303").await;
    page.assert_says("Esta conta tem permissões ou lê conversas que você não tem.");
    assert_eq!(page.count("form[action$='/access-link'], form[action*='/sessions']"), 0);
    assert_eq!(page.count("#email[readonly]"), 1);
    for deed in ["access-link", "sessions/ending"] {
        paula.post(&format!("/users/303/{deed}"), &[]).await.assert_status(403);
    }
    let refused = paula.edit("/users/303", &bruno(&[("email", "paula.outra@empresa.example")])).await;
    refused.assert_status(422).assert_says("Você não pode mudar o e-mail desta conta");
    assert_eq!(refused.attribute("#email", "value").unwrap(), "paula.outra@empresa.example");
    let fields = [("name", "Eva"), ("email", "eva@empresa.example"), ("role_id", "203")];
    let refused = paula.post("/users", &fields).await;
    refused.assert_status(422).assert_says("Este cargo tem permissões que você não tem. Peça a quem as tem.");
    assert_eq!(paula.get("/users/new").await.texts("#role_id option"), ["Selecione…"]);

    // She may still make changes that give no access.
    paula.edit("/users/303", &bruno(&[("name", "Bruno de Lima")])).await.assert_status(303);
    paula.get("/users/303/deactivation").await.assert_status(200);
    paula.post("/users/303/deactivation", &[]).await.assert_status(303);
    paula.get("/users/303/reactivation").await.assert_status(403);
    paula.post("/users/303/reactivation", &[]).await.assert_status(403);
    assert_eq!(paula.get("/users/303").await.count("a[href$='/reactivation']"), 0);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM access_links"), 0);
    app.administrator().await.get("/users/303/reactivation").await.assert_status(200);
}

#[actix_web::test]
async fn an_account_that_reads_other_conversations_cannot_be_taken_over() {
    let app = TestApp::new().await;
    let paula = user_manager(&app).await;
    paula.get("/users/303").await.assert_says("lê conversas que você não tem");
    paula.post("/users/303/access-link", &[]).await.assert_status(403);
    app.database.execute("INSERT INTO department_members VALUES (101, 305)");
    paula.get("/users/303").await.assert_does_not_say("lê conversas que você não tem");
    paula.post("/users/303/access-link", &[]).await.assert_status(200);
    // A notification of somebody else's schedule gives access too.
    Plan::new(&app.company, "notify").save(&app.database);
    dispatcher::run(&app.database);
    paula.get("/users/303").await;
    paula.post("/users/303/access-link", &[]).await.assert_status(403);
}

#[actix_web::test]
async fn an_editor_with_all_rights_of_an_account_may_reset_and_reactivate_it() {
    let app = TestApp::new().await;
    let paula = user_manager(&app).await;
    app.database.execute("INSERT INTO department_members VALUES (101, 305)");
    paula.get("/users/303").await;
    let link = link_of(&paula.post("/users/303/access-link", &[]).await);
    let bruno = app.visitor();
    bruno.get(&link).await;
    bruno.post(&link, &[("password", NEW_PASSWORD)]).await.assert_status(303);
    assert_eq!(app.database.number("SELECT let_in_by AS value FROM users WHERE id = 303"), 305);
    paula.edit("/users/303", &self::bruno(&[("email", "b.lima@empresa.example")])).await.assert_status(303);
    paula.get("/users/303/deactivation").await;
    paula.post("/users/303/deactivation", &[]).await.assert_status(303);
    paula.get("/users/303/reactivation").await.assert_status(200);
    paula.post("/users/303/reactivation", &[]).await.assert_status(303);
}

#[actix_web::test]
async fn users_let_in_by_others_can_be_added_to_any_department() {
    let app = TestApp::new().await;
    let paula = user_manager(&app).await;
    let mut fields = bruno(&[]);
    fields.push(("departments", "102"));
    paula.edit("/users/303", &fields).await.assert_status(303);
    app.database.execute("UPDATE users SET let_in_by = 305 WHERE id = 304");
    let fields = [
        ("name", "Helena Costa"),
        ("email", "helena@empresa.example"),
        ("role_id", "203"),
        ("departments", "102"),
        ("departments", "101"),
    ];
    let refused = paula.edit("/users/304", &fields).await;
    refused.assert_status(422).assert_says("Escolha só departamentos de que você faz parte.");
}

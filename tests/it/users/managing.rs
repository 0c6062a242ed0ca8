//! The list, the form, and the limits of users who manage users.

use super::user_manager;
use crate::harness::TestApp;

#[actix_web::test]
async fn a_refused_form_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/users/new").await;
    let fields = [("name", ""), ("email", "sem arroba"), ("role_id", ""), ("departments", "102")];
    let page = admin.post("/users", &fields).await;
    page.assert_status(422)
        .assert_says("Corrija 3 campos:")
        .assert_says("Informe o nome.")
        .assert_says("Informe um e-mail completo")
        .assert_says("Escolha o cargo.");
    assert_eq!(page.attribute("#email", "value").unwrap(), "sem arroba");
    assert_eq!(page.count("[name=departments][value='102'][checked]"), 1);
    let taken = [("name", "Outro"), ("email", "BRUNO@empresa.example"), ("role_id", "203")];
    admin
        .post("/users", &taken)
        .await
        .assert_status(422)
        .assert_says("Já existe um atendente com este e-mail.");
}

#[actix_web::test]
async fn the_list_is_searched_and_filtered() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let names = async |query: &str| admin.get(&format!("/users{query}")).await.texts(".who-cell .name");
    assert_eq!(names("").await, ["Ana Prado (você)", "Bruno Lima", "Gil Torres", "Helena Costa"]);
    assert_eq!(names("?q=hel%C3%AAna").await, ["Helena Costa"]);
    assert_eq!(names("?q=gestor%40").await, ["Gil Torres"]);
    assert_eq!(names("?department_id=101").await, ["Bruno Lima"]);
    assert_eq!(names("?role_id=203&standing=active").await, ["Bruno Lima", "Helena Costa"]);
    assert_eq!(names("?standing=inactive").await, [""; 0]);
    assert_eq!(names("?q=%25").await, [""; 0]);
    assert_eq!(names("?role_id=x&standing=%27&department_id=-1%20OR%201").await.len(), 4);
}

#[actix_web::test]
async fn the_list_goes_on_page_by_page() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO users (name, email, password_hash, role_id)
            SELECT 'Z' || to_char(n, '000'), 'z' || n || '@empresa.example', '-', 203 FROM generate_series(1, 30) n",
    );
    let admin = app.administrator().await;
    let first = admin.get("/users?role_id=203").await;
    assert_eq!(first.count("tbody tr"), 25);
    let second = admin.get(&first.attribute(".pager a", "href").unwrap()).await;
    assert_eq!(second.count("tbody tr"), 7);
    let back = admin.get(&second.attribute(".pager a", "href").unwrap()).await;
    assert_eq!(back.texts(".name"), first.texts(".name"));
}

#[actix_web::test]
async fn a_change_of_departments_counts_from_the_next_request() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let bruno = app.attendant().await;
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 102)");
    let app = app.with_made_up_rows("a ticket that nobody opened");
    bruno.get("/tickets/701").await.assert_status(404);
    admin.get("/users/303").await;
    let fields = [
        ("name", "Bruno Lima"),
        ("email", "bruno@empresa.example"),
        ("role_id", "203"),
        ("departments", "102"),
    ];
    let saved = admin.edit("/users/303", &fields).await;
    admin.follow(&saved).await.assert_says("Atendente salvo.");
    bruno.get("/tickets/701").await.assert_status(200);
    let audited = app.database.texts("SELECT details::text AS value FROM audit WHERE action = 'user.edited'");
    assert_eq!(audited, [r#"{"fields": ["department_ids"]}"#]);
}

#[actix_web::test]
async fn user_managers_cannot_grant_what_only_administrators_grant() {
    let app = TestApp::new().await;
    let paula = user_manager(&app).await;
    let administrators =
        app.database.texts("SELECT id::text AS value FROM roles WHERE is_administrator").remove(0);
    let page = paula.get("/users/new").await;
    assert_eq!(page.texts("#role_id option"), ["Selecione…", "Atendente"]);
    for role in [administrators.as_str(), "202", "205"] {
        let fields = [("name", "Eva"), ("email", "eva@empresa.example"), ("role_id", role)];
        paula
            .post("/users", &fields)
            .await
            .assert_status(422)
            .assert_says("Só o administrador concede este cargo.");
        let fields = [("name", "Bruno Lima"), ("email", "bruno@empresa.example"), ("role_id", role)];
        paula.post("/users/303", &fields).await.assert_status(422);
    }
    // Permissions that the role gains later count too.
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'settings')");
    let fields = [("name", "Eva"), ("email", "eva@empresa.example"), ("role_id", "203")];
    paula.post("/users", &fields).await.assert_status(422);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM users WHERE name = 'Eva'"), 0);
    assert_eq!(app.database.number("SELECT role_id AS value FROM users WHERE id = 303"), 203);
}

#[actix_web::test]
async fn an_account_that_the_editor_may_not_manage_is_read_only() {
    let app = TestApp::new().await;
    let paula = user_manager(&app).await;
    // The administrator, a role manager, and herself: a password link would give access to the account.
    for id in [301, 302, 305] {
        let page = paula.get(&format!("/users/{id}")).await;
        page.assert_status(200).assert_says("Só o administrador altera esta conta.");
        assert_eq!(page.count("main form button"), 0);
        let fields = [("name", "X"), ("email", "x@empresa.example"), ("role_id", "203")];
        paula.post(&format!("/users/{id}"), &fields).await.assert_status(403);
        paula.get(&format!("/users/{id}/deactivation")).await.assert_status(403);
        for deed in ["access-link", "deactivation", "reactivation", "sessions/ending"] {
            paula.post(&format!("/users/{id}/{deed}"), &[]).await.assert_status(403);
        }
        let session =
            app.database.texts(&format!("SELECT id::text AS value FROM sessions WHERE user_id = {id}"));
        for session in session {
            paula.post(&format!("/users/{id}/sessions/{session}/ending"), &[]).await.assert_status(403);
        }
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM access_links"), 0);
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM users WHERE deactivated_at IS NOT NULL"),
        0
    );
    paula.get("/users/303/deactivation").await.assert_status(200);
}

#[actix_web::test]
async fn nobody_changes_their_own_role_or_deactivates_themself() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 306, 'Eva Nunes', 'eva@empresa.example', '-', role_id FROM users WHERE id = 301",
    );
    let admin = app.administrator().await;
    admin.get("/users/301").await.assert_says("Peça a outra pessoa para mudar o seu cargo.");
    let fields = [("name", "Ana Prado"), ("email", "admin@empresa.example"), ("role_id", "203")];
    admin.edit("/users/301", &fields).await.assert_status(422);
    let fields = [("name", "Ana P."), ("email", "admin@empresa.example")];
    admin.edit("/users/301", &fields).await.assert_status(303);
    admin.get("/users/301/deactivation").await.assert_says("Você não pode desativar a sua própria conta.");
    admin.post("/users/301/deactivation", &[]).await.assert_status(403);
}

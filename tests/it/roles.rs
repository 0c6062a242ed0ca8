//! Roles, their switches, and who may change them.

use crate::harness::TestApp;

const ATTENDANT: &str = "/roles/203";

#[actix_web::test]
async fn enabling_scheduling_applies_from_the_next_request() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    bruno.get("/schedules/new").await.assert_status(403);
    bruno.get("/notifications").await.assert_does_not_say("Agendamentos");

    let manager = app.role_manager().await;
    let page = manager.get(ATTENDANT).await;
    page.assert_says("Habilitar agendamento").assert_says("Bruno Lima");
    assert_eq!(page.count("#schedules[checked]"), 0);
    let fields = [("name", "Atendente"), ("permissions", "schedules"), ("permissions", "tickets")];
    let saved = manager.edit(ATTENDANT, &fields).await;
    manager.follow(&saved).await.assert_says("Cargo salvo.").assert_says("Habilitado");

    bruno.get("/schedules/new").await.assert_status(200).assert_says("Agendamentos");
    manager.edit(ATTENDANT, &[("name", "Atendente"), ("permissions", "tickets")]).await.assert_status(303);
    bruno.get("/schedules").await.assert_status(403);
}

#[actix_web::test]
async fn the_administrator_role_cannot_be_changed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = app.database.number("SELECT id AS value FROM roles WHERE is_administrator");
    let path = format!("/roles/{id}");
    let page = admin.get(&path).await;
    page.assert_says("não pode ser alterado");
    assert_eq!(page.count("form[action^='/roles'] button[type=submit]"), 0);
    admin.post(&path, &[("name", "Ninguém")]).await.assert_status(403);
    let stripped =
        app.database.connect_and_try("UPDATE roles SET is_administrator = false WHERE is_administrator");
    assert!(stripped.unwrap_err().contains("cannot be stripped"));
    let deleted = app.database.connect_and_try("DELETE FROM roles WHERE is_administrator");
    assert!(deleted.unwrap_err().contains("cannot be stripped"));
}

#[actix_web::test]
async fn nobody_edits_their_own_role() {
    let app = TestApp::new().await;
    let manager = app.role_manager().await;
    manager.get("/roles/202").await.assert_says("Este é o seu cargo.");
    manager.post("/roles/202", &[("name", "Gestor"), ("permissions", "schedules")]).await.assert_status(403);
}

#[actix_web::test]
async fn only_administrators_grant_the_permission_to_edit_roles() {
    let app = TestApp::new().await;
    let roles_of = "SELECT permission AS value FROM role_permissions WHERE role_id = 203 ORDER BY 1";
    let manager = app.role_manager().await;
    let page = manager.get(ATTENDANT).await;
    assert_eq!(page.count("#roles[disabled]"), 1);
    let fields = [
        ("name", "Atendente"),
        ("permissions", "roles"),
        ("permissions", "users"),
        ("permissions", "tickets"),
    ];
    manager.edit(ATTENDANT, &fields).await.assert_status(303);
    assert_eq!(app.database.texts(roles_of), ["tickets"]);

    let admin = app.administrator().await;
    admin.get(ATTENDANT).await;
    admin.edit(ATTENDANT, &fields).await.assert_status(303);
    assert_eq!(app.database.texts(roles_of), ["roles", "tickets", "users"]);

    // Permissions that the manager may not grant stay as they are.
    manager.edit(ATTENDANT, &[("name", "Atendente")]).await.assert_status(303);
    assert_eq!(app.database.texts(roles_of), ["roles", "users"]);
}

#[actix_web::test]
async fn nobody_grants_a_permission_that_they_lack() {
    let app = TestApp::new().await;
    let roles_of = |role: i64| {
        let sql =
            format!("SELECT permission AS value FROM role_permissions WHERE role_id = {role} ORDER BY 1");
        app.database.texts(&sql)
    };
    let manager = app.role_manager().await;
    let page = manager.get(ATTENDANT).await;
    assert_eq!(page.count("#contacts[disabled], #tickets_all[disabled], #channels[disabled]"), 3);
    assert_eq!(page.count("#schedules[disabled], #tickets[disabled]"), 0);
    page.assert_says("Você não tem esta permissão, por isso não a concede.");
    page.assert_says("Você pode desligar, mas não ligar de novo: não tem esta permissão.");
    let wished = ["schedules", "tickets", "tickets_all", "contacts", "departments", "channels"];
    let mut fields = vec![("name", "Atendente")];
    fields.extend(wished.map(|permission| ("permissions", permission)));
    manager.edit(ATTENDANT, &fields).await.assert_status(303);
    assert_eq!(roles_of(203), ["schedules", "tickets"], "the manager may enable scheduling only");
    fields[0] = ("name", "Tudo");
    manager.get("/roles/new").await;
    manager.post("/roles", &fields).await.assert_status(303);
    let new = app.database.number("SELECT id AS value FROM roles WHERE name = 'Tudo'");
    assert_eq!(roles_of(new), ["schedules"]);
    app.database.execute("INSERT INTO role_permissions VALUES (202, 'contacts')");
    fields[0] = ("name", "Atendente");
    manager.edit(ATTENDANT, &fields).await.assert_status(303);
    assert_eq!(roles_of(203), ["contacts", "schedules", "tickets"]);
}

/// Otherwise they could sign in as a member of that role and gain its permissions.
#[actix_web::test]
async fn role_managers_who_manage_users_enable_scheduling_only_if_they_have_it() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (202, 'users')");
    let manager = app.role_manager().await;
    let page = manager.get(ATTENDANT).await;
    assert_eq!(page.count("#schedules[disabled]"), 1);
    let fields = [("name", "Atendente"), ("permissions", "schedules"), ("permissions", "tickets")];
    manager.edit(ATTENDANT, &fields).await.assert_status(303);
    let held = "SELECT permission AS value FROM role_permissions WHERE role_id = 203";
    assert_eq!(app.database.texts(held), ["tickets"]);
}

#[actix_web::test]
async fn a_refused_role_form_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get(ATTENDANT).await;
    let fields = [("name", " "), ("description", "Nova"), ("permissions", "tickets_all")];
    let page = admin.edit(ATTENDANT, &fields).await;
    page.assert_status(422).assert_says("Informe o nome do cargo.");
    assert_eq!(page.attribute("#description", "value").unwrap(), "Nova");
    assert_eq!(page.count("#tickets_all[checked]"), 1);
    assert_eq!(page.count("#tickets[checked]"), 0);
    let taken = admin.edit(ATTENDANT, &[("name", "GESTOR de cargos")]).await;
    taken.assert_status(422).assert_says("Já existe um cargo com este nome.");
}

#[actix_web::test]
async fn a_refused_form_shows_locked_switches_as_they_stay() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'roles')");
    let manager = app.role_manager().await;
    manager.get(ATTENDANT).await;
    let page = manager.edit(ATTENDANT, &[("name", ""), ("permissions", "schedules")]).await;
    page.assert_status(422);
    assert_eq!(page.count("#roles[disabled][checked]"), 1);
    assert_eq!((page.count("#schedules[checked]"), page.count("#tickets[checked]")), (1, 0));
}

#[actix_web::test]
async fn a_description_holds_no_control_characters() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get(ATTENDANT).await;
    let page = admin.edit(ATTENDANT, &[("name", "Atendente"), ("description", "a\u{7}b")]).await;
    page.assert_status(422).assert_says("Escreva a descrição em uma linha");
}

#[actix_web::test]
async fn a_change_of_role_is_audited() {
    let app = TestApp::new().await;
    let manager = app.role_manager().await;
    manager.get(ATTENDANT).await;
    manager.edit(ATTENDANT, &[("name", "Atendente"), ("permissions", "schedules")]).await.assert_status(303);
    let rows = app.database.texts(
        "SELECT actor_id || ' ' || subject_id || ' ' || details::text AS value FROM audit WHERE action = 'role.edited'",
    );
    assert_eq!(
        rows,
        [r#"302 203 {"after": ["schedules"], "before": ["tickets"], "fields": ["description"]}"#]
    );
    for change in ["UPDATE audit SET action = 'x'", "DELETE FROM audit", "TRUNCATE audit"] {
        assert!(app.database.connect_and_try(change).is_err(), "{change}");
    }
}

#[actix_web::test]
async fn a_new_role_has_the_chosen_permissions_that_its_creator_may_grant() {
    let app = TestApp::new().await;
    let manager = app.role_manager().await;
    manager.get("/roles").await;
    manager.get("/roles/new").await.assert_says("Habilitar agendamento");
    let fields =
        [("name", " Recepção "), ("description", ""), ("permissions", "schedules"), ("permissions", "users")];
    let created = manager.post("/roles", &fields).await;
    manager.follow(&created).await.assert_says("Cargo criado.").assert_says("Recepção");
    let granted = "SELECT permission AS value FROM role_permissions p JOIN roles r ON r.id = p.role_id
        WHERE r.name = 'Recepção'";
    assert_eq!(app.database.texts(granted), ["schedules"]);
    let again = manager.post("/roles", &[("name", "recepção"), ("permissions", "schedules")]).await;
    again.assert_status(422).assert_says("Já existe um cargo com este nome.");
    assert_eq!(again.count("#schedules[checked]"), 1);
}

#[actix_web::test]
async fn a_role_in_use_is_not_deleted() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE name = 'Helena Costa'");
    let admin = app.administrator().await;
    let page = admin.get("/roles/203/deletion").await;
    page.assert_says("2 pessoas têm este cargo.")
        .assert_says("Bruno Lima")
        .assert_says("Helena Costa (inativo)");
    assert_eq!(page.count("form button[type=submit].btn-danger-line"), 0);
    admin.post("/roles/203/deletion", &[]).await.assert_status(422).assert_says("está em uso");
    let own = app.role_manager().await;
    own.get("/roles/202").await;
    own.post("/roles/202/deletion", &[]).await.assert_status(403);
    let id = app.database.number("SELECT id AS value FROM roles WHERE is_administrator");
    own.post(&format!("/roles/{id}/deletion"), &[]).await.assert_status(403);
}

#[actix_web::test]
async fn an_unused_role_is_deleted_after_confirmation() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (209, 'Vazio');
         INSERT INTO role_permissions VALUES (209, 'tickets')",
    );
    let manager = app.role_manager().await;
    manager.get("/roles/209/deletion").await.assert_says("Excluir o cargo Vazio?");
    let deleted = manager.post("/roles/209/deletion", &[]).await;
    manager.follow(&deleted).await.assert_says("Cargo excluído.").assert_does_not_say("Vazio");
    let audited = "SELECT count(*) AS value FROM audit WHERE action = 'role.deleted' AND subject_id = 209";
    assert_eq!(app.database.number(audited), 1);
    manager.post("/roles/209/deletion", &[]).await.assert_status(404);
}

#[actix_web::test]
async fn the_page_of_a_role_says_who_changed_what_and_when() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get(ATTENDANT).await.assert_says("Cargo criado, ");
    let name = [("name", "Atendente"), ("description", "Atende os chamados")];
    admin
        .edit(ATTENDANT, &[&name[..], &[("permissions", "schedules"), ("permissions", "tickets")]].concat())
        .await;
    admin
        .edit(ATTENDANT, &[&name[..], &[("permissions", "schedules"), ("permissions", "tickets")]].concat())
        .await;
    admin.edit(ATTENDANT, &[&name[..], &[("permissions", "schedules")]].concat()).await;
    let changes = admin.get(ATTENDANT).await.texts("#role-changes li");
    assert_eq!(changes.len(), 3, "saving without a change is not recorded: {changes:?}");
    assert!(changes[0].starts_with("Ana Prado desabilitou “Atender chamados”, "), "{changes:?}");
    assert!(changes[1].starts_with("Ana Prado habilitou agendamento, "), "{changes:?}");
    assert!(changes[2].starts_with("Cargo criado, "), "{changes:?}");
}

#[actix_web::test]
async fn the_last_active_administrator_cannot_be_lost() {
    let app = TestApp::new().await;
    for change in [
        "UPDATE users SET deactivated_at = now() WHERE id = 301",
        "UPDATE users SET role_id = 203 WHERE id = 301",
        "DELETE FROM users WHERE id = 301",
    ] {
        let refused = app.database.connect_and_try(change).unwrap_err();
        assert!(refused.contains("last active administrator"), "{change}: {refused}");
    }
    app.database.execute(
        "INSERT INTO users (name, email, password_hash, role_id)
            SELECT 'Eva', 'eva@empresa.example', '-', role_id FROM users WHERE id = 301",
    );
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE id = 301");
    let refused = app.database.connect_and_try("UPDATE users SET deactivated_at = now() WHERE name = 'Eva'");
    assert!(refused.unwrap_err().contains("last active administrator"));
}

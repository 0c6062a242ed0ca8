//! Users: invited, changed, deactivated; and how far whoever manages them may reach.

use crate::harness::{PASSWORD, Page, Plan, TestApp, Visitor};

const NEW_PASSWORD: &str = "quatro palavras quaisquer";

/// Somebody with the permission `users`, who is no administrator.
async fn user_manager(app: &TestApp) -> Visitor {
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (205, 'Gestão de pessoas');
         INSERT INTO role_permissions VALUES (205, 'users');
         INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 305, 'Paula Vieira', 'paula@empresa.example', password_hash, 205 FROM users WHERE id = 303",
    );
    app.signed_in("paula@empresa.example").await
}

fn link_of(page: &Page) -> String {
    let link = page.attribute("#access-link", "value").unwrap();
    link[link.find("/access/").unwrap()..].to_owned()
}

async fn invite(app: &TestApp, by: &Visitor) -> String {
    by.get("/users/new").await.assert_status(200);
    let support = app.company.support.to_string();
    let fields = [
        ("name", "Íris Sá"),
        ("email", " Iris@Empresa.example "),
        ("role_id", "203"),
        ("departments", support.as_str()),
    ];
    let page = by.post("/users", &fields).await;
    page.assert_status(201).assert_says("Convite para Íris Sá").assert_says("Vale por 48 horas");
    link_of(&page)
}

#[actix_web::test]
async fn an_invitation_leads_to_a_password_once() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let link = invite(&app, &admin).await;
    admin.get("/users?standing=invited").await.assert_says("Íris Sá").assert_says("Convidado");

    let iris = app.visitor();
    let page = iris.get(&link).await;
    page.assert_status(200).assert_says("Criar sua senha").assert_says("iris@empresa.example");
    let weak = iris.post(&link, &[("name", "Íris Sá"), ("password", "senha123")]).await;
    weak.assert_status(422).assert_says("Esta senha é muito comum.");
    let short = iris.post(&link, &[("name", ""), ("password", "curta")]).await;
    short.assert_status(422).assert_says("Informe o nome.").assert_says("Use de 8 a 128 caracteres.");
    iris.post(&link, &[("name", "Íris de Sá"), ("password", NEW_PASSWORD)]).await.assert_status(303);
    iris.get("/tickets").await.assert_status(200).assert_says("Íris de Sá");

    let late = app.visitor();
    late.get(&link).await.assert_status(404).assert_says("Este link não vale mais");
    late.get("/login").await;
    late.post(&link, &[("name", "Outra"), ("password", NEW_PASSWORD)]).await.assert_status(404);
    let kept = "SELECT count(*) AS value FROM access_links";
    assert_eq!(app.database.number(kept), 0);
}

#[actix_web::test]
async fn an_invited_user_is_not_active_before_the_password() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    invite(&app, &admin).await;
    let visitor = app.visitor();
    visitor.get("/login").await;
    for password in ["", "-", PASSWORD] {
        let fields = [("email", "iris@empresa.example"), ("password", password)];
        visitor.post("/login", &fields).await.assert_status(422);
    }
    admin
        .get(&format!("/schedules/new/attendants?department_id={}", app.company.support))
        .await
        .assert_says("Bruno Lima")
        .assert_does_not_say("Íris");
}

#[actix_web::test]
async fn a_newer_link_voids_the_older_and_an_old_one_ends() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let first = invite(&app, &admin).await;
    let id = app.database.number("SELECT id AS value FROM users WHERE email = 'iris@empresa.example'");
    let second = link_of(&admin.post(&format!("/users/{id}/access-link"), &[]).await);
    let visitor = app.visitor();
    visitor.get(&first).await.assert_status(404);
    visitor.get(&second).await.assert_status(200);
    app.database.execute("UPDATE access_links SET expires_at = now() - interval '1 second'");
    visitor.get(&second).await.assert_status(404);
    visitor.post(&second, &[("name", "Íris"), ("password", NEW_PASSWORD)]).await.assert_status(404);
    admin.get("/users").await.assert_says("Convite vencido");
}

#[actix_web::test]
async fn empty_and_forged_links_are_refused() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let link = invite(&app, &admin).await;
    let stored = app.database.texts("SELECT encode(token_hash, 'hex') AS value FROM access_links");
    assert!(!link.contains(&stored[0]), "the table keeps a hash");
    let visitor = app.visitor();
    visitor.get("/login").await;
    let bad = [format!("/access/{}", stored[0]), "/access/x".into(), link[..link.len() - 1].into()];
    for bad in bad {
        visitor.get(&bad).await.assert_status(404).assert_says("Este link não vale mais");
        visitor.post(&bad, &[("name", "X"), ("password", NEW_PASSWORD)]).await.assert_status(404);
    }
    visitor.get("/access/").await.assert_status(404);
    visitor.get(&link).await.assert_status(200);
}

#[actix_web::test]
async fn a_cancelled_invitation_leads_nowhere() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let link = invite(&app, &admin).await;
    let id = app.database.number("SELECT id AS value FROM users WHERE email = 'iris@empresa.example'");
    let path = format!("/users/{id}/deactivation");
    admin.get(&path).await.assert_says("Cancelar o convite de Íris Sá?");
    admin.post(&path, &[]).await.assert_status(303);
    app.visitor().get(&link).await.assert_status(404);
    admin.get(&format!("/users/{id}")).await.assert_says("O convite foi cancelado.");
    admin.post(&format!("/users/{id}/reactivation"), &[]).await.assert_status(409);
    let anew = link_of(&admin.post(&format!("/users/{id}/access-link"), &[]).await);
    app.visitor().get(&anew).await.assert_status(200);
}

#[actix_web::test]
async fn a_reset_ends_every_session_and_asks_for_nothing_else() {
    let app = TestApp::new().await;
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    admin.get("/users/303").await;
    let page = admin.post("/users/303/access-link", &[]).await;
    page.assert_status(200).assert_says("Link de senha para Bruno Lima");
    bruno.get("/tickets").await.assert_status(200);

    let elsewhere = app.visitor();
    elsewhere.get(&link_of(&page)).await.assert_says("Trocar sua senha");
    elsewhere.post(&link_of(&page), &[("password", NEW_PASSWORD)]).await.assert_status(303);
    elsewhere.get("/tickets").await.assert_status(200).assert_says("Bruno Lima");
    bruno.get("/tickets").await.assert_status(303);
    let again = app.visitor();
    again.get("/login").await;
    let fields = |password| [("email", "bruno@empresa.example"), ("password", password)];
    again.post("/login", &fields(PASSWORD)).await.assert_status(422);
    again.post("/login", &fields(NEW_PASSWORD)).await.assert_status(303);
}

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
    let saved = admin.post("/users/303", &fields).await;
    admin.follow(&saved).await.assert_says("Atendente salvo.");
    bruno.get("/tickets/701").await.assert_status(200);
    let audited = app.database.texts("SELECT details::text AS value FROM audit WHERE action = 'user.edited'");
    assert_eq!(audited, [r#"{"fields": ["departments"]}"#]);
}

#[actix_web::test]
async fn whoever_manages_users_grants_nothing_that_only_administrators_grant() {
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
    // What the role gains later counts too.
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'settings')");
    let fields = [("name", "Eva"), ("email", "eva@empresa.example"), ("role_id", "203")];
    paula.post("/users", &fields).await.assert_status(422);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM users WHERE name = 'Eva'"), 0);
    assert_eq!(app.database.number("SELECT role_id AS value FROM users WHERE id = 303"), 203);
}

#[actix_web::test]
async fn an_account_beyond_ones_reach_is_read_only() {
    let app = TestApp::new().await;
    let paula = user_manager(&app).await;
    // The administrator, a role manager, and herself: a link to a password would be as good as the account.
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
    admin.post("/users/301", &fields).await.assert_status(422);
    let fields = [("name", "Ana P."), ("email", "admin@empresa.example")];
    admin.post("/users/301", &fields).await.assert_status(303);
    admin.get("/users/301/deactivation").await.assert_says("Você não pode desativar a sua própria conta.");
    admin.post("/users/301/deactivation", &[]).await.assert_status(403);
}

#[actix_web::test]
async fn of_two_administrators_who_deactivate_each_other_one_stays() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 306, 'Eva Nunes', 'eva@empresa.example', password_hash, role_id FROM users WHERE id = 301",
    );
    let (ana, eva) = (app.administrator().await, app.signed_in("eva@empresa.example").await);
    ana.get("/users/306").await;
    eva.get("/users/301").await;
    futures_util::future::join(
        ana.post("/users/306/deactivation", &[]),
        eva.post("/users/301/deactivation", &[]),
    )
    .await;
    let active = "SELECT count(*) AS value FROM users u JOIN roles r ON r.id = u.role_id
        WHERE r.is_administrator AND u.deactivated_at IS NULL";
    assert_eq!(app.database.number(active), 1);
}

#[actix_web::test]
async fn deactivating_shows_what_it_touches_and_ends_sessions_at_once() {
    let app = TestApp::new().await;
    let later = Plan { due_in: "1 day", ..Plan::new(&app.company, "open_ticket_and_notify") };
    let schedule = later.save(&app.database);
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id, attendant_id) VALUES (701, 602, 101, 303)",
    );
    let app = app.with_made_up_rows("a ticket that nobody opened");
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    let page = admin.get("/users/303/deactivation").await;
    page.assert_says("Agendamentos pendentes: 1")
        .assert_says("Marina Duarte")
        .assert_says("o chamado abre na fila do departamento")
        .assert_says("Chamados abertos: 1")
        .assert_says("Rafael Nogueira");
    assert_eq!(page.count(&format!("a[href='/schedules/{schedule}']")), 1);
    let done = admin.post("/users/303/deactivation", &[]).await;
    admin.follow(&done).await.assert_says("Atendente desativado.").assert_says("Inativo");
    bruno.get("/tickets").await.assert_status(303);
    let ticket =
        "SELECT count(*) AS value FROM tickets WHERE id = 701 AND attendant_id IS NULL AND status = 'open'";
    assert_eq!(app.database.number(ticket), 1);
    let kept = format!("SELECT attendant_id AS value FROM schedules WHERE id = {schedule}");
    assert_eq!(app.database.number(&kept), 303);

    admin.get("/users/303/reactivation").await.assert_says("1 agendamento pendente");
    let back = admin.post("/users/303/reactivation", &[]).await;
    admin.follow(&back).await.assert_says("Atendente reativado.");
    bruno.get("/tickets").await.assert_status(303);
    app.attendant().await.get("/tickets").await.assert_status(200);
}

#[actix_web::test]
async fn who_manages_users_but_not_schedules_reads_no_customers_names() {
    let app = TestApp::new().await;
    Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let paula = user_manager(&app).await;
    let page = paula.get("/users/303/deactivation").await;
    page.assert_says("Agendamentos pendentes: 1").assert_does_not_say("Marina");
    assert_eq!(page.count("main a[href^='/schedules/']"), 0);
}

#[actix_web::test]
async fn work_is_handed_over_in_the_same_step() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO department_members VALUES (101, 304)");
    let later = Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") };
    let schedule = later.save(&app.database);
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id, attendant_id) VALUES (701, 602, 101, 303)",
    );
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await.assert_says("Suporte: 1 agendamento e 1 chamado");
    let done = admin.post("/users/303/deactivation", &[("heir_101", "304")]).await;
    done.assert_status(303);
    let held = format!(
        "SELECT count(*) AS value FROM schedules s, tickets t
          WHERE s.id = {schedule} AND s.attendant_id = 304 AND s.version = 2 AND t.id = 701 AND t.attendant_id = 304"
    );
    assert_eq!(app.database.number(&held), 1);
    let told =
        app.database.texts("SELECT details::text AS value FROM schedule_history WHERE kind = 'edited'");
    let expected = r#"{"fields": ["attendant_id"], "values": {"attendant_id": [303, 304]}, "version": 2}"#;
    assert_eq!(told, [expected]);
    app.with_made_up_rows("a ticket that nobody opened");
}

#[actix_web::test]
async fn nobody_takes_work_over_in_a_department_that_they_do_not_attend() {
    let app = TestApp::new().await;
    Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    for heir in ["304", "303", "999999"] {
        let page = admin.post("/users/303/deactivation", &[("heir_101", heir)]).await;
        page.assert_status(422).assert_says("não atende mais neste departamento");
    }
    let active = "SELECT count(*) AS value FROM users WHERE id = 303 AND deactivated_at IS NULL";
    assert_eq!(app.database.number(active), 1);
}

#[actix_web::test]
async fn schedules_that_would_be_too_near_are_not_handed_over() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO department_members VALUES (101, 304);
         UPDATE settings SET spacing_scope = 'attendant', spacing_minutes = 6",
    );
    let of =
        |attendant, due_in| Plan { attendant: Some(attendant), due_in, ..Plan::new(&app.company, "notify") };
    of(303, "1 day").save(&app.database);
    let free = of(303, "2 days").save(&app.database);
    let other = of(304, "1 day 3 minutes").save(&app.database);
    app.database.execute("UPDATE schedules SET spacing_key = attendant_id, min_gap = '4 minutes'");
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    let refused = admin.post("/users/303/deactivation", &[("heir_101", "304")]).await;
    refused.assert_status(422).assert_says("perto demais").assert_says("Perto demais de outros");
    assert_eq!(refused.count("option[value='304'][selected]"), 1);
    let moved = "SELECT count(*) AS value FROM schedules WHERE attendant_id = 304";
    assert_eq!(app.database.number(moved), 1);

    app.database
        .execute(&format!("UPDATE schedules SET due_at = due_at + interval '1 hour' WHERE id = {other}"));
    admin.post("/users/303/deactivation", &[("heir_101", "304")]).await.assert_status(303);
    let key = format!("SELECT spacing_key AS value FROM schedules WHERE id = {free}");
    assert_eq!((app.database.number(moved), app.database.number(&key)), (3, 304));
}

#[actix_web::test]
async fn sessions_are_listed_and_ended_by_an_administrator() {
    let app = TestApp::new().await;
    let (bruno, again) = (app.attendant().await, app.attendant().await);
    let admin = app.administrator().await;
    let page = admin.get("/users/303").await;
    assert_eq!(page.count("form[action^='/users/303/sessions/'][action$='/ending'] .btn-sm"), 2);
    let newest = "SELECT id::text AS value FROM sessions WHERE user_id = 303 ORDER BY created_at";
    let ids = app.database.texts(newest);
    // Somebody else's session is not found among his.
    let own = app.database.texts("SELECT id::text AS value FROM sessions WHERE user_id = 301").remove(0);
    admin.post(&format!("/users/303/sessions/{own}/ending"), &[]).await.assert_status(404);
    admin.post(&format!("/users/303/sessions/{}/ending", ids[0]), &[]).await.assert_status(303);
    bruno.get("/tickets").await.assert_status(303);
    again.get("/tickets").await.assert_status(200);
    admin.post("/users/303/sessions/ending", &[]).await.assert_status(303);
    again.get("/tickets").await.assert_status(303);
    admin.get("/users/303").await.assert_says("Nenhuma sessão aberta.");
}

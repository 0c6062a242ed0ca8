//! Departments: their order, their attendants, and where their work goes.

use pontual::ids::ContactId;
use pontual::live::Event;

use crate::harness::{Live, Plan, TestApp, tell};

#[actix_web::test]
async fn a_department_is_made_named_and_ordered() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let names = async || admin.get("/departments").await.texts("tbody .name");
    assert_eq!(names().await, ["Suporte", "Financeiro"]);
    admin.get("/departments/new").await;
    let created = admin.post("/departments", &[("name", " Comercial ")]).await;
    admin.follow(&created).await.assert_says("Departamento criado.").assert_says("Ninguém atende");
    let id = app.database.number("SELECT id AS value FROM departments WHERE name = 'Comercial'");
    let path = format!("/departments/{id}");
    admin.post(&format!("{path}/position"), &[("direction", "up")]).await.assert_status(303);
    assert_eq!(names().await, ["Suporte", "Comercial", "Financeiro"]);
    admin.post("/departments/101/position", &[("direction", "up")]).await.assert_status(303);
    admin.post("/departments/101/position", &[("direction", "down")]).await.assert_status(303);
    assert_eq!(names().await, ["Comercial", "Suporte", "Financeiro"]);
    admin.post("/departments/101/position", &[("direction", "sideways")]).await.assert_status(400);

    admin.edit(&path, &[("name", "Vendas")]).await.assert_status(303);
    let taken = admin.edit(&path, &[("name", "SUPORTE")]).await;
    taken.assert_status(422).assert_says("Já existe um departamento com este nome.");
    assert_eq!(taken.attribute("#name", "value").unwrap(), "SUPORTE");
    admin
        .edit(&path, &[("name", "")])
        .await
        .assert_status(422)
        .assert_says("Informe o nome do departamento.");
}

#[actix_web::test]
async fn the_list_counts_attendants_tickets_and_schedules() {
    let app = TestApp::new().await;
    Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE id = 304");
    let admin = app.administrator().await;
    let page = admin.get("/departments").await;
    assert_eq!(page.texts("#department-101 td.tnum"), ["1", "0", "1"]);
    assert_eq!(page.texts("#department-102 td.tnum"), ["0", "0", "0"]);
}

#[actix_web::test]
async fn a_change_of_members_applies_from_the_next_request() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101)");
    let app = app.with_made_up_rows("a ticket that nobody opened");
    let (admin, helena) = (app.administrator().await, app.other_attendant().await);
    helena.get("/tickets/701").await.assert_status(404);
    let page = admin.get("/departments/101?q=helena").await;
    assert_eq!(page.count("button[name=user_id][value='304']"), 1);
    let added = admin.post("/departments/101/members", &[("user_id", "304")]).await;
    admin.follow(&added).await.assert_says("Helena Costa");
    helena.get("/tickets/701").await.assert_status(200);
    admin.post("/departments/101/members", &[("user_id", "304")]).await.assert_status(303);
    admin.get("/departments/101?q=helena").await.assert_says("Ninguém encontrado.");
    admin.post("/departments/101/members/304/removal", &[]).await.assert_status(303);
    helena.get("/tickets/701").await.assert_status(404);
    // A double click sends the form twice; the second one succeeds too.
    let again = admin.post("/departments/101/members/304/removal", &[]).await;
    admin.follow(&again).await.assert_says("Atendente retirado do departamento.");
    admin.post("/departments/101/members/999999/removal", &[]).await.assert_status(404);
    admin.post("/departments/999999/members/304/removal", &[]).await.assert_status(404);
    admin.post("/departments/101/members", &[("user_id", "999999")]).await.assert_status(404);
    admin.post("/departments/999999/members", &[("user_id", "304")]).await.assert_status(404);
    let rows =
        app.database.texts("SELECT action AS value FROM audit WHERE action LIKE 'department.%' ORDER BY id");
    assert_eq!(rows, ["department.member_added", "department.member_removed"]);
}

#[actix_web::test]
async fn an_invited_member_has_the_same_label_as_in_the_list_of_users() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    app.database.execute(
        "INSERT INTO department_members (department_id, user_id) VALUES (101, 304) ON CONFLICT DO NOTHING;
         UPDATE users SET deactivated_at = now(), password_hash = NULL WHERE id = 304",
    );
    admin.get("/departments/101").await.assert_says(" · inativo");
    app.database.execute(
        "INSERT INTO access_links (user_id, token_hash, expires_at)
         VALUES (304, sha256('link'), now() + interval '1 day')",
    );
    admin.get("/departments/101").await.assert_says(" · convidado").assert_does_not_say("inativo");
    admin.get("/users?standing=invited").await.assert_says("Convidado").assert_says("Helena Costa");
}

#[actix_web::test]
async fn channels_need_another_department_first() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = "/departments/101/deactivation";
    admin.get(path).await.assert_says("As primeiras mensagens de “Chat do site”");
    let page = admin.post(path, &[]).await;
    page.assert_status(422).assert_says("Escolha o departamento que recebe as primeiras mensagens.");
    admin.post(path, &[("channels_to", "101")]).await.assert_status(422);
    let done = admin.post(path, &[("channels_to", "102")]).await;
    admin.follow(&done).await.assert_says("Departamento desativado.");
    let channel = "SELECT default_department_id AS value FROM channels WHERE id = 401";
    assert_eq!(app.database.number(channel), 102);

    let last = admin.post("/departments/102/deactivation", &[("channels_to", "101")]).await;
    last.assert_status(422)
        .assert_says("Este é o último departamento ativo, e a conexão “Chat do site” precisa de um.");
    let back = admin.post("/departments/101/reactivation", &[]).await;
    admin.follow(&back).await.assert_says("Departamento reativado.");
}

#[actix_web::test]
async fn when_two_departments_are_deactivated_at_once_one_keeps_the_channel() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO channels (kind, name, default_department_id) VALUES ('web_chat', 'Outro chat', 102)",
    );
    let (one, two) = (app.administrator().await, app.administrator().await);
    one.get("/departments").await;
    two.get("/departments").await;
    futures_util::future::join(
        one.post("/departments/101/deactivation", &[("channels_to", "102")]),
        two.post("/departments/102/deactivation", &[("channels_to", "101")]),
    )
    .await;
    let stranded =
        "SELECT count(*) AS value FROM channels c JOIN departments d ON d.id = c.default_department_id
        WHERE d.deactivated_at IS NOT NULL";
    assert_eq!(app.database.number(stranded), 0);
}

#[actix_web::test]
async fn the_page_says_what_stays_and_moved_work_keeps_its_attendants() {
    let app = TestApp::new().await;
    let later = |action| Plan { due_in: "1 day", ..Plan::new(&app.company, action) };
    let opening = later("open_ticket").save(&app.database);
    later("notify").save(&app.database);
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 602, 101)");
    let app = app.with_made_up_rows("a ticket that nobody opened");
    let admin = app.administrator().await;
    let path = "/departments/101/deactivation";
    admin
        .get(path)
        .await
        .assert_says("Agendamentos pendentes: 2")
        .assert_says("1 agendamento que abriria chamado terminará com erro")
        .assert_says("1 agendamento só notifica")
        .assert_says("Chamados abertos: 1")
        .assert_says("Rafael Nogueira");
    let fields = [("channels_to", "102"), ("work_to", "102")];
    admin.post(path, &fields).await.assert_status(303);
    let moved = "SELECT count(*) AS value FROM schedules WHERE department_id = 102 AND attendant_id = 303";
    assert_eq!(app.database.number(moved), 2);
    let ticket = "SELECT department_id AS value FROM tickets WHERE id = 701";
    assert_eq!(app.database.number(ticket), 102);
    let member =
        "SELECT count(*) AS value FROM department_members WHERE department_id = 102 AND user_id = 303";
    assert_eq!(app.database.number(member), 1);
    admin
        .get(&format!("/schedules/{opening}"))
        .await
        .assert_says("Agendamento editado")
        .assert_says("Financeiro");
}

#[actix_web::test]
async fn schedules_too_close_to_others_are_not_moved() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE settings SET spacing_scope = 'department'");
    let of = |department, due_in| Plan { department, due_in, ..Plan::new(&app.company, "notify") };
    of(101, "1 day").save(&app.database);
    of(102, "1 day 2 minutes").save(&app.database);
    app.database.execute("UPDATE schedules SET spacing_key = spacing_key('department', department_id, attendant_id, contact_id), min_gap = '4 minutes'");
    let admin = app.administrator().await;
    admin.get("/departments").await;
    let fields = [("channels_to", "102"), ("work_to", "102")];
    let refused = admin.post("/departments/101/deactivation", &fields).await;
    refused.assert_status(422).assert_says("perto demais").assert_says("Marina Duarte");
    assert_eq!(refused.count("#work_to option[value='102'][selected]"), 1);
    let here = "SELECT count(*) AS value FROM schedules WHERE department_id = 101";
    assert_eq!(app.database.number(here), 1);
    let active = "SELECT count(*) AS value FROM departments WHERE deactivated_at IS NULL";
    assert_eq!(app.database.number(active), 2);
}

#[actix_web::test]
async fn a_new_member_gets_a_new_stream_with_the_departments_conversations() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101)");
    let app = app.with_made_up_rows("a ticket that nobody opened");
    let (admin, helena) = (app.administrator().await, app.other_attendant().await);
    let live = Live::start(&app).await;
    let mut before = live.stream(&helena).await;
    admin.get("/departments/101").await;
    admin.post("/departments/101/members", &[("user_id", "304")]).await.assert_status(303);
    before.ends().await;
    let mut stream = live.stream(&helena).await;
    tell(&app.database, &Event::ConversationsChanged(vec![ContactId(app.company.marina)]));
    assert_eq!(stream.data("conversation").await["contacts"][0], app.company.marina);
}

#[actix_web::test]
async fn removing_a_member_first_shows_the_affected_work() {
    let app = TestApp::new().await;
    let schedule = Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id, attendant_id) VALUES (701, 602, 101, 303);
         INSERT INTO department_members VALUES (101, 304)",
    );
    let app = app.with_made_up_rows("a ticket that nobody opened");
    let admin = app.administrator().await;
    admin.get("/departments/101").await;
    let path = "/departments/101/members/303/removal";
    let page = admin.post(path, &[]).await;
    page.assert_status(422)
        .assert_says("Retirar Bruno Lima de Suporte?")
        .assert_says("Nada foi salvo ainda.");
    page.assert_says("Agendamentos pendentes: 1").assert_says("Marina Duarte");
    page.assert_says("Chamados abertos: 1").assert_says("Rafael Nogueira").assert_says("Voltam para a fila");
    assert_eq!(page.count(&format!("a[href='/schedules/{schedule}']")), 1);
    let member =
        "SELECT count(*) AS value FROM department_members WHERE user_id = 303 AND department_id = 101";
    assert_eq!(app.database.number(member), 1);

    let wrong = admin.post(path, &[("known", "1"), ("heir_101", "303")]).await;
    wrong.assert_status(422).assert_says("não atende mais neste departamento");
    assert_eq!(app.database.number(member), 1);
    admin.post(path, &[("known", "1"), ("heir_101", "304")]).await.assert_status(303);
    assert_eq!(app.database.number(member), 0);
    let moved = format!(
        "SELECT count(*) AS value FROM schedules s, tickets t
          WHERE s.id = {schedule} AND s.attendant_id = 304 AND t.id = 701 AND t.attendant_id = 304"
    );
    assert_eq!(app.database.number(&moved), 1);
}

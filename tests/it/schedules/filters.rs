//! Which schedules the list shows with search and filters.

use crate::harness::{Page, Plan, TestApp, Visitor};

/// The contacts of a page's rows, in order.
pub fn contacts(page: &Page) -> Vec<String> {
    page.texts("tbody tr .name")
}

pub async fn shown(visitor: &Visitor, query: &str) -> Vec<String> {
    contacts(visitor.get(&format!("/schedules?{query}")).await.assert_status(200))
}

/// For Marina: "Cobrar retorno" with Bruno of "Suporte". For Rafael: a reminder for Helena of "Financeiro", and one in
/// the queue of "Suporte", made by the role manager.
pub async fn three_schedules() -> TestApp {
    let app = TestApp::new().await;
    let company = app.company;
    Plan { due_in: "2 days", ..Plan::new(&company, "open_ticket") }.save(&app.database);
    let helena = Plan {
        contact: company.rafael,
        department: company.finance,
        attendant: Some(company.helena),
        due_in: "3 days",
        ..Plan::new(&company, "notify")
    };
    helena.save(&app.database);
    let queue = Plan {
        contact: company.rafael,
        attendant: None,
        creator: Some(company.role_manager),
        due_in: "4 days",
        ..Plan::new(&company, "open_ticket")
    };
    let id = queue.save(&app.database);
    app.database.execute(&format!(
        "UPDATE schedules SET comment = 'Renovação do plano', message = 'Olá, é amanhã' WHERE id = {id}"
    ));
    app
}

#[actix_web::test]
async fn a_search_covers_all_texts_and_ignores_accents_and_case() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    for (query, found) in [
        ("MARÍNA", vec!["Marina Duarte"]),
        ("90000-0142", vec!["Marina Duarte"]),
        ("familia", vec!["Marina Duarte"]),
        ("renovacao", vec!["Rafael Nogueira"]),
        ("olá, é", vec!["Rafael Nogueira"]),
        ("cobrar", vec!["Rafael Nogueira", "Marina Duarte"]),
        ("cobrar marina", vec!["Marina Duarte"]),
        ("ra", vec!["Rafael Nogueira", "Rafael Nogueira"]),
        ("ra du", vec![]),
        ("du", vec!["Marina Duarte"]),
        ("ra duarte", vec!["Marina Duarte"]),
        ("zebra", vec![]),
        ("100%", vec![]),
    ] {
        let query =
            format!("q={}", url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>());
        assert_eq!(shown(&admin, &query).await, found, "{query}");
    }
    admin.get("/schedules?q=zq").await.assert_says("encontra as palavras que começam com elas");
    let zebra = admin.get("/schedules?q=zebra").await;
    zebra.assert_does_not_say("encontra as palavras que começam com elas");
}

#[actix_web::test]
async fn digits_are_found_however_they_are_separated() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let text = "Pedido 45-678 de R$ 10.500,00, vence em 05-12-2026 às 10:30; fixo 011 3333 4444";
    app.database.execute(&format!("UPDATE schedules SET comment = '{text}' WHERE contact_id = 601"));
    for query in [
        "45-678",
        "45678",
        "10.500",
        "10500,00",
        "05-12-2026",
        "05/12/2026",
        "10:30",
        "(11) 3333-4444",
        "0 15 11 33334444",
        "pedido - 45-678",
        "marina 45-678",
        "\"pedido\" marina (11) 90000-0142",
    ] {
        let typed: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        assert_eq!(shown(&admin, &format!("q={typed}")).await, ["Marina Duarte"], "{query}");
    }
    assert!(shown(&admin, "q=45-679").await.is_empty());
}

#[actix_web::test]
async fn an_edited_schedule_is_found_by_its_new_words() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    assert!(shown(&admin, "q=zebra").await.is_empty());
    app.database.execute("UPDATE schedules SET comment = 'Ver a zebra' WHERE contact_id = 601");
    assert_eq!(shown(&admin, "q=zebra").await, ["Marina Duarte"]);
    assert_eq!(shown(&admin, "q=cobrar").await, ["Rafael Nogueira"]);
}

#[actix_web::test]
async fn each_filter_narrows_the_list_and_can_be_removed() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    for (query, found) in [
        ("department_id=101", vec!["Rafael Nogueira", "Marina Duarte"]),
        ("attendant_id=303", vec!["Marina Duarte"]),
        ("attendant_id=queue", vec!["Rafael Nogueira"]),
        ("created_by=302", vec!["Rafael Nogueira"]),
        ("action=notify", vec!["Rafael Nogueira"]),
        ("department_id=101&action=open_ticket&attendant_id=303&q=marina", vec!["Marina Duarte"]),
        ("department_id=102&attendant_id=303", vec![]),
    ] {
        assert_eq!(shown(&admin, query).await, found, "{query}");
    }
    let page = admin.get("/schedules?status=scheduled&department_id=101&attendant_id=303").await;
    assert_eq!(page.texts(".chip .x"), ["Departamento: Suporte", "Atendente: Bruno Lima"]);
    let without = page.attribute(".chip", "href").unwrap();
    assert_eq!(without, "/schedules?status=scheduled&attendant_id=303");
}

#[actix_web::test]
async fn tabs_count_the_filtered_schedules() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules?department_id=101").await;
    assert_eq!(
        page.texts("#schedule-tabs a"),
        ["Todos 2", "Agendado 2", "Concluído 0", "Erro 0", "Cancelado 0"]
    );
}

#[actix_web::test]
async fn an_empty_list_says_whether_filters_are_the_reason() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin
        .get("/schedules")
        .await
        .assert_says("Crie o primeiro agendamento")
        .assert_does_not_say("Limpar filtros");
    let page = admin.get("/schedules?status=failed&q=boleto").await;
    page.assert_says("Nenhum agendamento encontrado").assert_says("Limpar filtros");
    assert_eq!(page.attribute(".blank a", "href").unwrap(), "/schedules?status=failed");
}

#[actix_web::test]
async fn days_follow_the_companys_time_zone() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    // Local times 22:30 and 00:30; in UTC both are on 5 December.
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment) VALUES
            (601, 101, 'open_ticket', '2030-12-05 01:30Z', '2030-12-04 22:30', 'America/Sao_Paulo', 'x'),
            (602, 101, 'open_ticket', '2030-12-05 03:30Z', '2030-12-05 00:30', 'America/Sao_Paulo', 'x')",
    );
    let admin = app.administrator().await;
    assert_eq!(shown(&admin, "from=2030-12-04&to=2030-12-04").await, ["Marina Duarte"]);
    assert_eq!(shown(&admin, "from=2030-12-05").await, ["Rafael Nogueira"]);
    assert_eq!(shown(&admin, "to=2030-12-04").await, ["Marina Duarte"]);
    app.database.execute(
        "UPDATE schedules SET due_at = (date_trunc('day', now() AT TIME ZONE 'America/Sao_Paulo') + interval '23 hours 59 minutes')
            AT TIME ZONE 'America/Sao_Paulo' WHERE contact_id = 601;
         UPDATE schedules SET due_at = (date_trunc('day', now() AT TIME ZONE 'America/Sao_Paulo') + interval '1 day')
            AT TIME ZONE 'America/Sao_Paulo' WHERE contact_id = 602",
    );
    assert_eq!(shown(&admin, "period=today").await, ["Marina Duarte"]);
    assert_eq!(shown(&admin, "period=tomorrow").await, ["Rafael Nogueira"]);
    assert_eq!(shown(&admin, "period=week").await.len(), 2);
}

#[actix_web::test]
async fn many_users_are_searched_and_the_chosen_one_stays() {
    let app = three_schedules().await;
    app.database.execute(
        "INSERT INTO users (id, name, email, password_hash, role_id)
         SELECT 5000 + n, 'Pessoa ' || to_char(n, 'FM0000'), 'p' || n || '@x.example', 'x', (SELECT role_id FROM users WHERE id = 303)
           FROM generate_series(1, 1000) n",
    );
    let admin = app.administrator().await;
    let page = admin.get("/schedules?attendant_id=5999").await;
    assert!(page.count("#f-attendant_id option") < 110);
    assert_eq!(page.texts(".chip .x"), ["Atendente: Pessoa 0999"]);
    assert_eq!(page.attribute("#f-attendant_id", "data-search-url").unwrap(), "/schedules/attendants");
    let first = admin.get("/schedules/attendants").await;
    assert!(first.body.starts_with(r#"[{"sub":"","text":"Fila do departamento","value":"queue"}"#));
    let found = admin.get("/schedules/users?q=PESSOA%200777").await;
    assert_eq!(found.body, r#"[{"sub":"","text":"Pessoa 0777","value":5777}]"#);
}

//! The list narrowed by search and filters, page by page, and as a file.

use crate::harness::{Page, Plan, TestApp, Visitor};

/// Who the rows of a page are for, in order.
fn contacts(page: &Page) -> Vec<String> {
    page.texts("tbody tr .name")
}

async fn shown(visitor: &Visitor, query: &str) -> Vec<String> {
    contacts(visitor.get(&format!("/schedules?{query}")).await.assert_status(200))
}

/// The times of day of a page's rows, in order.
fn times(page: &Page) -> Vec<String> {
    page.texts("tbody tr .tnum .sub")
}

fn link(page: &Page, id: &str) -> Option<String> {
    page.attribute(&format!("#{id}"), "href")
}

/// Marina: "Cobrar retorno" by Bruno of "Suporte"; Rafael: a reminder for Helena of "Financeiro", and one
/// in the queue of "Suporte", made by the role manager.
async fn three_schedules() -> TestApp {
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
async fn a_search_looks_everywhere_and_minds_neither_accents_nor_case() {
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
        ("ra", vec!["Rafael Nogueira", "Rafael Nogueira", "Marina Duarte"]),
        ("zebra", vec![]),
        ("100%", vec![]),
    ] {
        let query =
            format!("q={}", url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>());
        assert_eq!(shown(&admin, &query).await, found, "{query}");
    }
}

#[actix_web::test]
async fn what_is_edited_is_found_by_its_new_words() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    assert!(shown(&admin, "q=zebra").await.is_empty());
    app.database.execute("UPDATE schedules SET comment = 'Ver a zebra' WHERE contact_id = 601");
    assert_eq!(shown(&admin, "q=zebra").await, ["Marina Duarte"]);
    assert_eq!(shown(&admin, "q=cobrar").await, ["Rafael Nogueira"]);
}

#[actix_web::test]
async fn filters_narrow_and_are_taken_back_one_by_one() {
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
async fn tabs_count_what_the_filters_leave() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules?department_id=101").await;
    assert_eq!(
        page.texts("#schedule-tabs a"),
        ["Todos 2", "Agendado 2", "Concluído 0", "Erro 0", "Cancelado 0"]
    );
}

#[actix_web::test]
async fn beyond_a_thousand_a_tab_stops_counting() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment)
         SELECT 601, 101, 303, 'open_ticket', t, t AT TIME ZONE 'UTC', 'UTC', 'x'
           FROM (SELECT timestamptz '2030-01-01' + n * interval '1 hour' AS t FROM generate_series(1, 1001) n) n",
    );
    let admin = app.administrator().await;
    let tabs =
        async |query: &str| admin.get(&format!("/schedules?{query}")).await.texts("#schedule-tabs a .n");
    assert_eq!(tabs("").await[..2], ["1.000+", "1.000+"]);
    assert_eq!(tabs("to=2030-01-02").await[..2], ["50", "50"]);
    assert_eq!(tabs("q=marina").await[..2], ["1.001", "1.001"]);
}

#[actix_web::test]
async fn nonsense_in_the_address_is_ignored() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    for query in [
        "status=x&department_id=9999&attendant_id=-5&created_by=abc&action=drop&sort=name&period=never",
        "from=2026-13-40&to=ontem&after=1-2-3",
        "after=-9000000000000000000-1",
        "status=%ff&department_id=%ff",
        "department_id=1%27%20OR%201%3D1",
    ] {
        assert_eq!(shown(&admin, query).await.len(), 3, "{query}");
    }
}

#[actix_web::test]
async fn no_schedules_at_all_and_none_with_these_filters_say_so_differently() {
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
async fn the_pending_begin_with_the_soonest_and_the_caption_says_so() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let pending = admin.get("/schedules?status=scheduled").await;
    assert_eq!(contacts(&pending)[0], "Marina Duarte");
    assert_eq!(pending.texts("caption"), ["Agendamentos, da data mais próxima à mais distante"]);
    let all = admin.get("/schedules").await;
    assert_eq!(contacts(&all)[0], "Rafael Nogueira");
    assert_eq!(all.texts("caption"), ["Agendamentos, da data mais distante à mais antiga"]);
    assert_eq!(shown(&admin, "sort=created").await[0], "Marina Duarte");
    assert_eq!(shown(&admin, "sort=-created").await[0], "Rafael Nogueira");
}

#[actix_web::test]
async fn days_are_those_of_the_companys_zone() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    // Half past ten at night, and one at half past midnight, both of 5 December in UTC.
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
async fn a_page_stays_right_while_rows_come_go_and_change() {
    for sort in ["due", "-due", "created", "-created"] {
        let app = TestApp::new().await.with_made_up_rows("schedules without history");
        app.database.execute(
            "INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment)
             SELECT n, 601, 101, 'open_ticket', t, t, 'UTC', 'x'
               FROM (SELECT n, timestamp '2030-01-01' + n * interval '1 hour' AS t FROM generate_series(1001, 1060) n) n",
        );
        let admin = app.administrator().await;
        let ids = |page: &Page| -> Vec<String> {
            let rows = scraper::Html::parse_document(&page.body);
            let each = scraper::Selector::parse("tbody tr").unwrap();
            rows.select(&each).map(|row| row.attr("id").unwrap().to_owned()).collect()
        };
        let first = admin.get(&format!("/schedules?department_id=101&sort={sort}")).await;
        let mut seen = ids(&first);
        let mut next = link(&first, "page-next");
        let mut previous = None;
        while let Some(address) = next {
            // Whatever happens on pages that were read already shifts nothing.
            let (gone, come) =
                (&seen[0].clone()["schedule-".len()..], if sort.starts_with('-') { 9000 } else { 10 });
            app.database.execute(&format!(
                "UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = {gone} AND status = 'scheduled';
                 INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment)
                 VALUES ({come} + {}, 601, 101, 'open_ticket', timestamptz '2030-01-01 00:00Z' + interval '1 hour' * {come}, now(), 'UTC', 'x')",
                seen.len()
            ));
            let page = admin.get(&address).await;
            seen.extend(ids(&page));
            next = link(&page, "page-next");
            previous = link(&page, "page-previous");
        }
        let planned =
            |id: &String| id["schedule-".len()..].parse::<i64>().is_ok_and(|id| (1001..=1060).contains(&id));
        let seen: Vec<_> = seen.into_iter().filter(planned).collect();
        let mut expected: Vec<String> = (1001..=1060).map(|id| format!("schedule-{id}")).collect();
        if sort.starts_with('-') {
            expected.reverse();
        }
        assert_eq!(seen, expected, "{sort}");
        let back = ids(&admin.get(&previous.unwrap()).await);
        assert_eq!(back, expected[25..50], "{sort}");
    }
}

#[actix_web::test]
async fn a_search_pages_as_the_list_does() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment)
         SELECT 601 + n % 2, 101, 'open_ticket', t, t, 'UTC', CASE WHEN n % 3 = 0 THEN 'boleto' ELSE 'visita' END
           FROM (SELECT n, timestamp '2030-01-01' + n * interval '1 minute' AS t FROM generate_series(1, 180) n) n",
    );
    let admin = app.administrator().await;
    let first = admin.get("/schedules?q=boleto+marina").await;
    assert_eq!(first.texts("#schedule-tabs a .n")[0], "30");
    let second = admin.get(&link(&first, "page-next").unwrap()).await;
    assert_eq!((times(&first).len(), times(&second).len()), (25, 5));
    assert!(link(&second, "page-next").is_none());
}

#[actix_web::test]
async fn the_export_is_the_filtered_list_and_no_formula() {
    let app = three_schedules().await;
    app.database.execute(
        "UPDATE contacts SET name = '=HYPERLINK(\"x\")' WHERE id = 602;
         UPDATE schedules SET comment = '+1; \"dois\"', due_at = '2030-12-05 13:00Z' WHERE contact_id = 602 AND action = 'open_ticket'",
    );
    let admin = app.administrator().await;
    let file = admin.get("/schedules/export.csv?attendant_id=queue").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"agendamentos-"));
    let lines: Vec<&str> = file.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.body);
    assert!(lines[0].starts_with("Número;Situação;Data;Hora;Fuso horário;Contato;Telefone"));
    assert!(
        lines[1].contains(
            ";Agendado;05/12/2030;10:00;America/Sao_Paulo;\"'=HYPERLINK(\"\"x\"\")\";'+5521900000117"
        )
    );
    assert!(lines[1].contains("\"'+1; \"\"dois\"\"\""));
    let all = admin.get("/schedules/export.csv").await;
    assert_eq!(all.body.lines().count(), 4);
}

#[actix_web::test]
async fn the_export_tells_why_a_schedule_failed_and_which_ticket_opened() {
    let app = TestApp::new().await;
    let company = app.company;
    Plan::new(&company, "open_ticket").save(&app.database);
    Plan { due_in: "-1 millisecond", ..Plan::new(&company, "open_ticket") }.save(&app.database);
    crate::dispatcher::run(&app.database);
    let admin = app.administrator().await;
    let file = admin.get("/schedules/export.csv?sort=due").await;
    let lines: Vec<&str> = file.body.lines().collect();
    assert!(lines[1].contains(";Concluído;") && lines[1].contains(";1001;"), "{}", lines[1]);
    assert!(lines[2].contains(";Erro;") && lines[2].contains(";O chamado já estava aberto;"), "{}", lines[2]);
}

#[actix_web::test]
async fn a_long_export_misses_no_row() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment)
         SELECT 601, 101, 'open_ticket', '2030-01-01', '2030-01-01', 'UTC', 'x' FROM generate_series(1, 1200)",
    );
    let admin = app.administrator().await;
    for query in ["", "department_id=101", "sort=created", "q=marina"] {
        let file = admin.get(&format!("/schedules/export.csv?{query}")).await;
        let ids: std::collections::BTreeSet<&str> =
            file.body.lines().skip(1).filter_map(|line| line.split(';').next()).collect();
        assert_eq!((ids.len(), file.body.lines().count()), (1200, 1201), "{query}");
    }
}

#[actix_web::test]
async fn htmx_shows_an_address_without_empty_fields() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let part = admin.get_part("/schedules?q=marina&department_id=&attendant_id=&sort=-due&status=").await;
    assert_eq!(part.header("hx-push-url"), "/schedules?q=marina");
    assert_eq!(part.count("nav.seg a"), 3);
    assert_eq!(
        part.attribute("nav.seg a:nth-of-type(3)", "href").unwrap(),
        "/schedules/calendar?q=marina&view=week"
    );
}

#[actix_web::test]
async fn values_of_filters_that_do_not_exist_are_named_and_can_be_removed() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules?department_id=999999&attendant_id=x&action=notify").await;
    page.assert_says("O valor escolhido no filtro “Departamento” não existe.")
        .assert_says("O valor escolhido no filtro “Atendente” não existe.")
        .assert_says("Remover filtro");
    assert_eq!(page.attribute("#remarks-without", "href").unwrap(), "/schedules?action=notify");
    assert_eq!(contacts(&page), ["Rafael Nogueira"]);
    let calendar = admin.get("/schedules/calendar?created_by=999999&date=2030-12-05").await;
    calendar.assert_says("O valor escolhido no filtro “Criado por” não existe.");
    admin.get("/schedules?attendant_id=303").await.assert_does_not_say("não existe");
}

#[actix_web::test]
async fn dates_the_wrong_way_round_change_places_and_the_page_says_so() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules?from=2099-12-31&to=2020-01-01").await;
    page.assert_says("A data inicial era depois da final: as duas foram trocadas.");
    assert_eq!(contacts(&page).len(), 3);
    assert_eq!(page.attribute("#f-from", "value").unwrap(), "2020-01-01");
    admin.get("/schedules?from=2020-01-01&to=2099-12-31").await.assert_does_not_say("trocadas");
}

#[actix_web::test]
async fn empty_filters_do_not_stand_in_the_address() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    for (typed, tidy) in [
        ("/schedules?q=&department_id=&action=notify&from=", "/schedules?action=notify"),
        ("/schedules?q=", "/schedules"),
        ("/schedules/calendar?view=week&date=2030-12-05&q=", "/schedules/calendar?view=week&date=2030-12-05"),
    ] {
        assert_eq!(admin.get(typed).await.assert_status(303).location(), tidy);
    }
}

#[actix_web::test]
async fn a_thousand_users_are_searched_and_the_chosen_one_stays() {
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

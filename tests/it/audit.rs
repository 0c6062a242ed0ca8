//! Who did what, when and from where.

use crate::harness::TestApp;
use crate::schedules::save;

#[actix_web::test]
async fn actions_read_as_sentences_that_lead_to_their_records() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let page = admin.get("/audit").await;
    let id = saved.location().strip_prefix("/schedules/").unwrap();
    page.assert_says(&format!("Ana Prado criou o agendamento nº {id}")).assert_says("Ana Prado entrou");
    assert_eq!(page.count(&format!("td a[href='/schedules/{id}']")), 1);
}

#[actix_web::test]
async fn a_refused_sign_in_is_there_with_the_address_it_was_for() {
    let app = TestApp::new().await;
    let stranger = app.visitor();
    stranger.get("/login").await;
    stranger.post("/login", &[("email", "bruno@empresa.example"), ("password", "errada")]).await;
    stranger.post("/login", &[("email", "ninguem@x.example"), ("password", "errada")]).await;
    let admin = app.administrator().await;
    let page = admin.get("/audit?group=access").await;
    page.assert_says("Alguém tentou entrar e foi recusado como Bruno Lima");
    assert_eq!(page.texts("td.c-main").iter().filter(|text| text.contains("recusado")).count(), 2);
}

#[actix_web::test]
async fn filters_narrow_by_person_subject_and_period() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    app.database.execute(
        "INSERT INTO audit (at, actor_id, action, subject_id) VALUES
            ('2020-03-10 12:00Z', 303, 'ticket.closed', 1), ('2020-03-11 02:30Z', 303, 'session.started', NULL),
            ('2020-03-11 12:00Z', 304, 'ticket.closed', 2), ('2020-03-12 12:00Z', NULL, 'schedule.failed', 3)",
    );
    let admin = app.administrator().await;
    let lines = async |query: &str| admin.get(&format!("/audit?{query}")).await.texts("td.c-main");
    assert_eq!(lines("actor=303").await, ["Bruno Lima entrou", "Bruno Lima fechou o chamado nº 1"]);
    assert_eq!(lines("actor=303&group=tickets").await, ["Bruno Lima fechou o chamado nº 1"]);
    assert_eq!(lines("actor=none").await, ["A plataforma encerrou com erro o agendamento nº 3"]);
    // 02:30 UTC on the 11th is still the 10th in the company's zone.
    let tenth = ["Bruno Lima entrou", "Bruno Lima fechou o chamado nº 1"];
    assert_eq!(lines("from=2020-03-10&until=2020-03-10").await, tenth);
    assert_eq!(lines("group=tickets&from=2020-03-11&until=2020-03-12").await.len(), 1);
    assert!(lines("until=2019-01-01").await.is_empty());
    admin.get("/audit?actor=x&group=y&from=z&after=q").await.assert_status(200);
}

#[actix_web::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let app = TestApp::new().await.with_made_up_rows("tickets that are not there");
    app.database.execute(
        "INSERT INTO audit (at, actor_id, action, subject_id)
            SELECT timestamptz '2020-01-01 00:00Z' + make_interval(mins => n / 3), 303, 'ticket.closed', n
              FROM generate_series(1, 120) n",
    );
    let admin = app.administrator().await;
    for filter in ["until=2020-12-31", "actor=303", "group=tickets"] {
        let mut path = format!("/audit?{filter}");
        let mut seen = Vec::new();
        let last = loop {
            let page = admin.get(&path).await;
            seen.extend(page.texts("td.c-main .link, td.c-main b"));
            let next = page.texts(".pager a").iter().position(|text| text == "Mais antigos");
            let Some(at) = next else { break page };
            let selector = format!(".pager a:nth-of-type({})", at + 1);
            path = page.attribute(&selector, "href").unwrap();
        };
        let expected: Vec<_> = (1..=120).rev().map(|n| format!("nº {n}")).collect();
        assert_eq!(seen, expected, "{filter}");
        let back = last.attribute(".pager a", "href").unwrap();
        assert_eq!(admin.get(&back).await.texts("td.c-main .link, td.c-main b").len(), 50);
    }
}

#[actix_web::test]
async fn the_file_holds_the_filtered_rows_and_no_formula() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE users SET name = '=HYPERLINK(1)' WHERE id = 303");
    app.attendant().await;
    let admin = app.administrator().await;
    let file = admin.get("/audit/export?actor=303").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<_> = file.body.lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.body);
    let date = zone_today();
    assert!(file.header("content-disposition").contains(&format!("auditoria-{date}.csv")));
    assert!(
        lines[0].ends_with("Data e hora;Quem fez;Assunto;O que aconteceu;Registro;Origem (IP)"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains("'=HYPERLINK(1);Entradas e saídas;'=HYPERLINK(1) entrou"), "{}", lines[1]);
    let everything = admin.get("/audit/export").await;
    // A header, two sign-ins, and two exports.
    assert_eq!(everything.body.lines().count(), 5);
    assert!(!everything.body.contains("session.started"), "{}", everything.body);
}

/// Today's date in the company's zone.
fn zone_today() -> String {
    let zone: chrono_tz::Tz = "America/Sao_Paulo".parse().unwrap();
    chrono::Utc::now().with_timezone(&zone).format("%Y-%m-%d").to_string()
}

#[actix_web::test]
async fn a_list_that_leaves_as_a_file_is_in_the_audit_without_what_was_searched_for() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/export.csv?q=marina&status=failed&department_id=101&from=2030-12-05").await;
    admin.get("/audit/export?group=tickets&actor=303").await;
    let page = admin.get("/audit").await;
    page.assert_says("Ana Prado exportou a lista de agendamentos")
        .assert_says("filtros: palavras buscadas, situação Erro, departamento nº 101, de 05/12/2030")
        .assert_says("Ana Prado exportou a auditoria")
        .assert_says("filtros: feito pelo atendente nº 303, assunto Chamados");
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM audit WHERE details::text LIKE '%marina%'"),
        0
    );
    app.attendant().await.get("/schedules/export.csv").await.assert_status(403);
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM audit WHERE action = 'export.schedules'"),
        1
    );
}

#[actix_web::test]
async fn filters_that_do_not_exist_and_swapped_dates_are_named() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/audit?actor=999999&group=users").await;
    page.assert_says("O valor escolhido no filtro “Quem fez” não existe.");
    assert_eq!(page.attribute("#remarks-without", "href").unwrap(), "/audit?group=users");
    let page = admin.get("/audit?from=2031-12-05&until=2020-12-01").await;
    page.assert_says("as duas foram trocadas").assert_says("Ana Prado entrou");
    assert_eq!(page.attribute("#from", "value").unwrap(), "2020-12-01");
    let tidied = admin.get("/audit?actor=&group=users&from=&until=").await;
    assert_eq!(tidied.assert_status(303).location(), "/audit?group=users");
}

#[actix_web::test]
async fn the_search_for_people_ignores_case_and_accents() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let found = admin.get("/audit/users?q=BR%C3%9ANO").await;
    assert_eq!(found.body, r#"[{"text":"Bruno Lima","value":303}]"#);
    assert!(admin.get("/audit/users").await.body.contains("Plataforma e contatos"));
}

#[actix_web::test]
async fn every_filter_has_an_index() {
    let app = TestApp::new().await.with_made_up_rows("tickets that are not there");
    app.database.execute(
        "INSERT INTO audit (at, actor_id, action, subject_id)
            SELECT timestamptz '2020-01-01 00:00Z' + make_interval(mins => n), CASE n % 500 WHEN 3 THEN 303 ELSE 301 + n % 2 END,
                   CASE WHEN n % 100 < 4 THEN 'ticket.closed' ELSE 'schedule.created' END, n
              FROM generate_series(1, 60000) n; ANALYZE audit",
    );
    for (wanted, index) in [
        ("true", "audit_by_time"),
        ("action = 'ticket.closed'", "audit_by_action"),
        ("action = 'ticket.closed' AND actor_id = 303", "audit_by_actor"),
    ] {
        let sql = format!(
            "EXPLAIN SELECT * FROM audit WHERE {wanted} AND (at, id) < ('2020-02-10', 50000) ORDER BY at DESC, id DESC LIMIT 51"
        );
        let plan = app.database.explain(&sql);
        assert!(plan.contains(&format!("using {index}")) && !plan.contains("Sort"), "{plan}");
    }
}

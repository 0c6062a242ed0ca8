//! Export of the list as a file.

use super::filters::three_schedules;
use crate::harness::{Plan, TestApp};

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
            ";Agendado;05/12/2030;10:00;America/Sao_Paulo;\"'=HYPERLINK(\"\"x\"\")\";(21) 90000-0117"
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

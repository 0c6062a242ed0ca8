//! The file of all that is kept about a contact.

use serde_json::Value;

use super::anonymise::with_a_past;
use crate::harness::TestApp;

#[actix_web::test]
async fn the_export_holds_all_that_is_kept_about_a_contact_and_no_other() {
    let app = TestApp::new().await;
    with_a_past(&app).await;
    let admin = app.administrator().await;
    admin.get("/contacts/601").await.assert_says("Exportar dados do contato");
    let file = admin.post("/contacts/601/export", &[]).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"contato-601.json\"");
    let data: Value = serde_json::from_str(&file.body).unwrap();
    assert_eq!(data["contato"]["nome"], "Marina Duarte");
    assert_eq!(data["contato"]["pessoa"], "Família Duarte");
    let count = |section: &str| data[section].as_array().unwrap().len();
    assert_eq!(count("chamados"), 1);
    assert_eq!(count("agendamentos"), 3);
    assert_eq!(count("notificacoes"), 1);
    let texts: Vec<_> =
        data["mensagens"].as_array().unwrap().iter().map(|m| m["texto"].as_str().unwrap()).collect();
    assert!(texts.contains(&"Meu CPF é segredo-do-cliente"), "{texts:?}");
    let files = data["agendamentos"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|s| s["arquivos"].as_array().unwrap().clone());
    assert!(files.into_iter().any(|file| file["nome"] == "boleto-segredo.pdf"));
    let audited: Vec<_> =
        data["auditoria"].as_array().unwrap().iter().map(|a| a["registro"].as_str().unwrap()).collect();
    for action in ["contact.exported", "schedule.created", "schedule.completed"] {
        assert!(audited.contains(&action), "{action}: {audited:?}");
    }
    assert!(!file.body.contains("Rafael"));
    admin.get("/contacts/601").await.assert_says("Dados exportados");
    admin.post("/contacts/999/export", &[]).await.assert_status(404);
}

#[actix_web::test]
async fn a_long_conversation_is_exported_whole() {
    let app = TestApp::new().await.with_made_up_rows("the messages' ticket has no event");
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101);
         INSERT INTO messages (contact_id, ticket_id, kind, body)
            SELECT 601, 701, 'customer', 'm' || n FROM generate_series(1, 1200) n",
    );
    let admin = app.administrator().await;
    admin.get("/contacts/601").await;
    let data: Value = serde_json::from_str(&admin.post("/contacts/601/export", &[]).await.body).unwrap();
    assert_eq!(data["mensagens"].as_array().unwrap().len(), 1200);
    assert_eq!(data["mensagens"][1199]["texto"], "m1200");
}

/// The file holds the comment and the messages of schedules, which their pages refuse to who may not schedule.
#[actix_web::test]
async fn the_file_is_for_who_sees_all_that_it_holds() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (204, 'Coordenação');
         INSERT INTO role_permissions VALUES (204, 'contacts'), (204, 'tickets_all');
         UPDATE users SET role_id = 204 WHERE id = 303",
    );
    let bruno = app.attendant().await;
    let page = bruno.get("/contacts/601").await;
    page.assert_says("é preciso também atender todos os chamados e agendar");
    assert_eq!(page.count("form[action$='/export']"), 0);
    bruno.post("/contacts/601/export", &[]).await.assert_status(403);
    app.database.execute("INSERT INTO role_permissions VALUES (204, 'schedules')");
    assert_eq!(bruno.get("/contacts/601").await.count("form[action$='/export']"), 1);
    bruno.post("/contacts/601/export", &[]).await.assert_status(200);
}

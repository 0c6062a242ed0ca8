//! Choosing a user in forms and filters.

use super::invite;
use crate::harness::{Plan, TestApp};

const TWO_BRUNOS: &str = "INSERT INTO users (id, name, email, password_hash, role_id)
        SELECT 311, 'bruno lima', 'b.lima@empresa.example', password_hash, 203 FROM users WHERE id = 303;
     INSERT INTO department_members VALUES (101, 311)";

#[actix_web::test]
async fn users_with_the_same_name_are_shown_with_their_addresses() {
    let app = TestApp::new().await;
    app.database.execute(TWO_BRUNOS);
    Plan { due_in: "2 days", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let admin = app.administrator().await;
    for (path, select) in [
        ("/schedules/new/attendants?department_id=101", "#attendant_id"),
        ("/contacts/new/attendants?default_department_id=101", "#default_attendant_id"),
        ("/schedules", "select[name=attendant_id]"),
        ("/schedules", "select[name=created_by]"),
        ("/audit", "#actor"),
        ("/users/303/deactivation", "select"),
    ] {
        let page = admin.get(path).await;
        let shown = page.assert_status(200).texts(&format!("{select} option"));
        let brunos: Vec<_> = shown.iter().filter(|name| name.to_lowercase().contains("bruno lima")).collect();
        let all = ["Bruno Lima, bruno@empresa.example", "bruno lima, b.lima@empresa.example"];
        let expected = match path {
            "/users/303/deactivation" => &all[1..],
            _ => &all[..],
        };
        assert_eq!(brunos, expected, "{path} {select}");
    }
    let chosen = admin.get("/schedules?attendant_id=303").await;
    chosen.assert_says("Bruno Lima, bruno@empresa.example");
    assert_eq!(chosen.texts("select[name=attendant_id] option[value='304']"), ["Helena Costa"]);
}

#[actix_web::test]
async fn an_invited_user_is_not_called_deactivated() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    invite(&app, &admin).await;
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE id = 304");
    let options = admin.get("/schedules").await.texts("select[name=attendant_id] option");
    assert!(options.contains(&"Íris Sá (convidado)".to_owned()), "{options:?}");
    assert!(options.contains(&"Helena Costa (desativado)".to_owned()), "{options:?}");
}

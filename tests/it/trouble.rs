//! Trouble that passes: transactions that meet, a database that is away.

use crate::harness::TestApp;

/// Each person that is written meets `trouble` while the sequence has not come to `until`: a sequence
/// does not go back with its transaction.
fn troubled(app: &TestApp, trouble: &str, until: i64) {
    app.database.execute(&format!(
        "CREATE SEQUENCE tries;
         CREATE FUNCTION meet_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF nextval('tries') < {until} THEN {trouble}; END IF; RETURN NEW; END $$;
         CREATE TRIGGER troubled BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION meet_trouble()"
    ));
}

const PEOPLE: &str = "SELECT name AS value FROM people WHERE name LIKE 'Casa%'";

#[actix_web::test]
async fn a_transaction_that_another_was_in_the_way_of_runs_again() {
    for code in ["40P01", "40001"] {
        let app = TestApp::new().await;
        let message = if code == "40P01" { "deadlock detected" } else { "could not serialize access" };
        troubled(&app, &format!("RAISE EXCEPTION '{message}' USING ERRCODE = '{code}'"), 3);
        let admin = app.administrator().await;
        admin.get("/people/new").await;
        admin.post("/people", &[("name", "Casa Ávila")]).await.assert_status(303);
        assert_eq!(app.database.texts(PEOPLE), ["Casa Ávila"]);
        assert_eq!(app.database.number("SELECT last_value AS value FROM tries"), 3);
    }
}

#[actix_web::test]
async fn what_was_typed_comes_back_from_trouble_and_is_sent_again() {
    let app = TestApp::new().await;
    troubled(&app, "RAISE EXCEPTION 'canceling statement due to lock timeout'", 2);
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    let kept = admin.post("/people", &[("name", "Casa \"Ávila\" & <Filhos>")]).await;
    kept.assert_status(503).assert_says("Nada foi salvo ainda.").assert_says("Enviar de novo");
    assert!(kept.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(kept.attribute("form", "action").unwrap(), "/people");
    assert_eq!(app.database.texts(PEOPLE), Vec::<String>::new());
    let names = kept.attributes("form input", "name");
    let values = kept.attributes("form input", "value");
    let fields: Vec<_> =
        names.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    admin.post_raw("/people", &fields).await.assert_status(303);
    assert_eq!(app.database.texts(PEOPLE), ["Casa \"Ávila\" & <Filhos>"]);
}

#[actix_web::test]
async fn a_form_outlives_a_session_that_cannot_be_read() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    app.database.execute("ALTER TABLE sessions RENAME TO away");
    let kept = admin.post("/people", &[("name", "Casa Ávila")]).await;
    kept.assert_status(503).assert_says("Nada foi salvo ainda.");
    assert_eq!(kept.attribute("form input[name=name]", "value").unwrap(), "Casa Ávila");
    assert!(kept.header("content-security-policy").contains("default-src 'none'"));
    app.database.execute("ALTER TABLE away RENAME TO sessions");
    admin.post("/people", &[("name", "Casa Ávila")]).await.assert_status(303);
}

#[actix_web::test]
async fn a_password_is_never_in_a_page() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    bruno.get("/profile").await;
    app.database.execute("ALTER TABLE sessions RENAME TO away");
    let fields = [("current_password", "segredo-de-bruno"), ("password", "outro-segredo")];
    let refused = bruno.post("/profile/password", &fields).await;
    assert!(refused.assert_status(503).body.contains("Tentar de novo"));
    assert!(!refused.body.contains("segredo"));
    app.database.execute("ALTER TABLE away RENAME TO sessions");
}

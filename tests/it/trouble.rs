//! Temporary trouble: conflicting transactions, and an unavailable database.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use pontual::db::{Db, prepared};
use pontual::dispatcher::tick;
use pontual::error::Error;

use crate::files::PDF;
use crate::harness::{Page, Plan, TestApp};
use crate::schedules::form;

/// Makes each write to the table fail with `trouble` until the sequence reaches `until`. Sequences are not rolled back.
fn troubled(app: &TestApp, table: &str, trouble: &str, until: i64) {
    app.database.execute(&format!(
        "CREATE SEQUENCE tries;
         CREATE FUNCTION meet_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF nextval('tries') < {until} THEN {trouble}; END IF; RETURN NEW; END $$;
         CREATE TRIGGER troubled BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION meet_trouble()"
    ));
}

/// A message of a Spanish server.
const LOCKED: &str =
    "RAISE EXCEPTION 'cancelando la sentencia debido a que se agotó el tiempo' USING ERRCODE = '55P03'";
const UNSURE: &str = "Não foi possível confirmar se foi salvo.";
const PEOPLE: &str = "SELECT name AS value FROM people WHERE name LIKE 'Casa%'";

#[actix_web::test]
async fn a_transaction_that_conflicts_with_another_runs_again() {
    for code in ["40P01", "40001"] {
        let app = TestApp::new().await;
        let trouble = format!("RAISE EXCEPTION 'se ha detectado un deadlock' USING ERRCODE = '{code}'");
        troubled(&app, "people", &trouble, 3);
        let admin = app.administrator().await;
        admin.get("/people/new").await;
        admin.post("/people", &[("name", "Casa Ávila")]).await.assert_status(303);
        assert_eq!(app.database.texts(PEOPLE), ["Casa Ávila"]);
        assert_eq!(app.database.number("SELECT last_value AS value FROM tries"), 3);
    }
}

#[actix_web::test]
async fn temporary_errors_are_known_by_their_code_and_the_form_comes_back() {
    // Lock and statement time-outs, disk full, out of memory, too many connections, a broken disk, a standby.
    for code in ["55P03", "57014", "53100", "53200", "53300", "58030", "58000", "25006"] {
        let app = TestApp::new().await;
        troubled(&app, "people", &format!("RAISE EXCEPTION 'não há espaço' USING ERRCODE = '{code}'"), 2);
        let admin = app.administrator().await;
        admin.get("/people/new").await;
        let kept = admin.post("/people", &[("name", "Casa Ávila")]).await;
        kept.assert_status(503).assert_says(UNSURE).assert_says("Enviar de novo");
        assert_eq!(kept.attribute("form input[name=name]", "value").unwrap(), "Casa Ávila", "{code}");
        admin.post_raw("/people", &borrowed(&unsent(&kept))).await.assert_status(303);
        assert_eq!(app.database.texts(PEOPLE), ["Casa Ávila"], "{code}");
    }
}

#[actix_web::test]
async fn an_error_is_judged_by_its_code_and_not_by_its_text() {
    for code in ["P0001", "42703", "XX000"] {
        let app = TestApp::new().await;
        let text = "canceling statement due to lock timeout";
        troubled(&app, "people", &format!("RAISE EXCEPTION '{text}' USING ERRCODE = '{code}'"), 9);
        let admin = app.administrator().await;
        admin.get("/people/new").await;
        admin.post("/people", &[("name", "Casa Ávila")]).await.assert_status(500);
    }
}

#[actix_web::test]
async fn the_servers_time_outs_are_known_by_their_code() {
    let app = TestApp::new().await;
    let answer = async |sql: &'static str| app.shared.db.run(move |conn| Ok(conn.batch_execute(sql)?)).await;
    let late = answer("BEGIN; SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(5)").await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    let mut holder = app.database.connect();
    holder.batch_execute("BEGIN; LOCK TABLE people").unwrap();
    let late = answer("BEGIN; SET LOCAL lock_timeout = '10ms'; LOCK TABLE people").await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    let ours = answer("SELECT no_such_column FROM roles").await;
    assert!(matches!(ours, Err(Error::Unexpected(_))), "{ours:?}");
}

pontual::row! {
    struct Grown {
        a: String,
    }
}

#[actix_web::test]
async fn a_connection_whose_plans_are_older_than_a_table_is_replaced() {
    let app = TestApp::new().await;
    app.database.execute("CREATE TABLE grows (a text NOT NULL); INSERT INTO grows VALUES ('a')");
    let db = Db::new(&app.database.url, 1);
    let rows = async || {
        db.run(|conn| {
            let pid = diesel::select(sql::<Integer>("pg_backend_pid()")).get_result::<i32>(conn)?;
            let rows = prepared("SELECT * FROM grows").load::<Grown>(conn)?;
            Ok((pid, rows.into_iter().map(|row| row.a).collect::<String>()))
        })
        .await
    };
    let (first, _) = rows().await.unwrap();
    assert_eq!(rows().await.unwrap(), (first, "a".to_owned()));
    app.database.execute("ALTER TABLE grows ADD COLUMN b text");
    let outdated = rows().await;
    assert!(matches!(outdated, Err(Error::Outdated(_))), "{outdated:?} after {first}");
    assert_ne!(rows().await.unwrap().0, first);
}

#[actix_web::test]
async fn a_column_that_a_newer_version_has_added_to_each_table_disturbs_nothing() {
    const PAGES: &[&str] = &[
        "/schedules",
        "/schedules/calendar",
        "/schedules/new",
        "/tickets",
        "/contacts",
        "/people",
        "/notifications",
        "/audit",
        "/users",
        "/departments",
        "/roles",
        "/channels",
        "/settings",
        "/settings/retention",
        "/profile",
        "/contacts/import",
        "/schedules/export.csv",
        "/contacts/601",
        "/contacts/601/conversation",
    ];
    let app = TestApp::new().await.with_made_up_rows("the tickets' closings");
    let admin = app.administrator().await;
    let mut dispatcher = app.database.connect();
    let work = async |dispatcher: &mut PgConnection, person: &str| {
        let id = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
        assert_eq!(tick(dispatcher).unwrap().completed, 1);
        for page in PAGES {
            admin.get(page).await.assert_status(200);
        }
        admin.get(&format!("/schedules/{id}")).await.assert_status(200);
        admin.get("/people/new").await;
        admin.post("/people", &[("name", person)]).await.assert_status(303);
        app.database.execute(
            "UPDATE tickets SET status = 'closed', closed_at = now(), closed_by = 301 WHERE status = 'open'",
        );
    };
    work(&mut dispatcher, "Casa Ávila").await;
    app.database.execute(
        "DO $$ DECLARE t text; BEGIN
            FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND left(tablename, 2) <> '__' LOOP
                EXECUTE format('ALTER TABLE %I ADD COLUMN novo bigint NOT NULL DEFAULT 0, ADD COLUMN outro text', t);
            END LOOP; END $$",
    );
    work(&mut dispatcher, "Casa Braga").await;
}

#[actix_web::test]
async fn a_form_that_was_answered_503_comes_back_and_can_be_sent_again() {
    let app = TestApp::new().await;
    troubled(&app, "people", LOCKED, 2);
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    let kept = admin.post("/people", &[("name", "Casa \"Ávila\" & <Filhos>")]).await;
    kept.assert_status(503).assert_says(UNSURE).assert_says("Enviar de novo");
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
async fn a_form_survives_a_session_that_cannot_be_read() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    app.database.execute("ALTER TABLE sessions RENAME TO away");
    let kept = admin.post("/people", &[("name", "Casa Ávila")]).await;
    kept.assert_status(503).assert_says(UNSURE);
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

/// The hidden fields of the page that offers to send a form again.
fn unsent(page: &Page) -> Vec<(String, String)> {
    let (names, values) = ("form input[type=hidden]", "form input[type=hidden]");
    page.attributes(names, "name").into_iter().zip(page.attributes(values, "value")).collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[actix_web::test]
async fn a_schedule_that_cannot_be_saved_comes_back_in_its_form_with_its_files() {
    let app = TestApp::new().await;
    troubled(&app, "schedules", LOCKED, 2);
    let admin = app.administrator().await;
    let key = admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
    let fields = form(&[("form_key", &key)]);
    let kept = admin.post_files("/schedules", &fields, &[("proposta.pdf", PDF)]).await;
    kept.assert_status(503)
        .assert_says("Não foi possível salvar agora.")
        .assert_says("O que você preencheu continua abaixo: tente de novo em instantes.");
    assert_eq!(kept.texts("#comment"), ["Confirmar a renovação"]);
    assert_eq!(kept.texts("[data-files] .name"), ["proposta.pdf"]);
    assert_eq!(kept.attribute("[name=form_key]", "value").unwrap(), key);
    let file = kept.attribute("input[name=files][type=hidden]", "value").unwrap();
    let again = form(&[("form_key", &key), ("files", &file)]);
    let saved = admin.post_files("/schedules", &again, &[]).await;
    admin.follow(&saved).await.assert_says("Agendamento salvo.").assert_says("proposta.pdf");
}

#[actix_web::test]
async fn an_edit_that_cannot_be_saved_comes_back_in_its_form() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = Plan { due_in: "1 day", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let path = format!("/schedules/{id}");
    troubled(&app, "schedules", LOCKED, 2);
    let page = admin.get(&format!("{path}/edit")).await;
    let own = ["version", "form_key", "original"]
        .map(|name| (name, page.attribute(&format!("input[name={name}]"), "value").unwrap()));
    let mut fields = form(&[("comment", "Não se perde")]);
    fields.extend(own.iter().map(|(name, value)| (*name, value.as_str())));
    let kept = admin.post_files(&path, &fields, &[]).await;
    kept.assert_status(503).assert_says("Não foi possível salvar agora.");
    assert_eq!(kept.texts("#comment"), ["Não se perde"]);
    assert_eq!(kept.attribute("input[name=original]", "value").unwrap(), own[2].1);
    let saved = admin.post_files(&path, &fields, &[]).await;
    admin.follow(&saved).await.assert_says("Agendamento salvo.").assert_says("Não se perde");
}

#[actix_web::test]
async fn a_form_whose_choices_cannot_be_read_either_is_a_plain_page_without_its_files() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    app.database.execute(
        "CREATE FUNCTION locked() RETURNS boolean LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'se agotó el tiempo' USING ERRCODE = '55P03'; END $$;
         ALTER TABLE departments RENAME TO away;
         CREATE VIEW departments AS SELECT * FROM away WHERE locked()",
    );
    let kept = admin.post_files("/schedules", &form(&[]), &[("proposta.pdf", PDF)]).await;
    kept.assert_status(503).assert_says(UNSURE).assert_says("Voltar ao formulário");
    assert_eq!(kept.attribute("form", "action").unwrap(), "/schedules");
    app.database.execute("DROP VIEW departments; ALTER TABLE away RENAME TO departments");
    let saved = admin.post_raw("/schedules", &borrowed(&unsent(&kept))).await;
    admin.follow(&saved).await.assert_says("Agendamento salvo.").assert_says("Confirmar a renovação");
}

#[actix_web::test]
async fn files_that_were_not_kept_are_chosen_again_in_a_form_that_keeps_the_rest() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    app.database.execute("ALTER TABLE sessions RENAME TO away");
    let kept = admin.post_files("/schedules", &form(&[]), &[("proposta.pdf", PDF)]).await;
    kept.assert_status(503)
        .assert_says("menos os arquivos: volte ao formulário")
        .assert_says("Voltar ao formulário");
    app.database.execute("ALTER TABLE away RENAME TO sessions");
    let mut fields = unsent(&kept);
    fields.push(("step".into(), "files".into()));
    let page = admin.post_raw("/schedules", &borrowed(&fields)).await;
    assert_eq!(page.assert_status(200).texts("#comment"), ["Confirmar a renovação"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 0);
}

#[actix_web::test]
async fn an_import_that_cannot_be_saved_asks_for_its_file_again() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/import").await;
    troubled(&app, "imports", LOCKED, 2);
    let csv = "nome;telefone;e-mail;pessoa\nMaria;;m@x.example;\n";
    let sent = [("channel_id", "401")];
    let kept = admin.post_files("/contacts/import", &sent, &[("lista.csv", csv.as_bytes())]).await;
    kept.assert_status(503).assert_says("menos os arquivos");
    let page = admin.post_raw("/contacts/import", &borrowed(&unsent(&kept))).await;
    page.assert_status(422).assert_says("Escolha o arquivo.");
    assert_eq!(page.attribute("#channel_id option[selected]", "value").unwrap(), "401");
}

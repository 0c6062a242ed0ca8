//! "Anonimizar contato": no data of the customer remains.

use actix_web::test::TestRequest;

use crate::harness::{Plan, TestApp};

/// Marina has a completed schedule with a file, an open ticket in which she wrote, a cancelled schedule with a
/// reason, a pending schedule, and a refused line of an import.
pub async fn with_history(app: &TestApp) {
    let done = Plan {
        message: "Segue o boleto segredo-da-mensagem",
        ..Plan::new(&app.company, "open_ticket_and_notify")
    };
    let done = done.save(&app.database);
    app.keep(b"um boleto").await;
    app.database.execute(&format!(
        "UPDATE schedules SET comment = 'Lembrar segredo-do-comentario', person_id = 501 WHERE id = {done};
         INSERT INTO attachments (sha256, file_name, schedule_id) SELECT sha256, 'boleto-segredo.pdf', {done} FROM blobs;
         UPDATE contacts SET email = 'marina-segredo@casa.example', default_department_id = 101 WHERE id = 601"
    ));
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    let customer = app.visitor();
    let request =
        TestRequest::get().uri(&app.link(601)).insert_header(("user-agent", "segredo-do-navegador"));
    let entered = customer.send(request).await;
    customer.follow(&entered).await;
    customer.post("/c/601/messages", &[("body", "Meu CPF é segredo-do-cliente")]).await.assert_status(303);
    let admin = app.administrator().await;
    let cancelled = Plan { due_in: "1 day", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    admin.get("/schedules").await;
    let path = format!("/schedules/{cancelled}/cancellation");
    admin.get(&path).await;
    admin.post(&path, &[("reason", "segredo-do-motivo")]).await.assert_status(303);
    Plan { due_in: "2 days", message: "segredo-que-viria", ..Plan::new(&app.company, "open_ticket") }
        .save(&app.database);
    app.database.execute(
        "INSERT INTO imports (id, created_by, channel_id, file_name) VALUES (1, 301, 401, 'lista.csv');
         INSERT INTO import_lines VALUES (1, 2, 'marina duarte', '(11) 90000-0142', '', '', 'x', NULL),
                                         (1, 3, 'Outra Cliente', '123', '', '', 'x', NULL)",
    );
}

/// Every text of every table, each as `table.column: text`.
fn all_texts(app: &TestApp) -> Vec<String> {
    let columns = app.database.texts(
        "SELECT format('SELECT %L || %I::text AS value FROM %I WHERE %I IS NOT NULL',
                       table_name || '.' || column_name || ': ', column_name, table_name, column_name) AS value
           FROM information_schema.columns
          WHERE table_schema = 'public' AND data_type IN ('text', 'jsonb', 'ARRAY', 'uuid')",
    );
    columns.iter().flat_map(|sql| app.database.texts(sql)).collect()
}

#[actix_web::test]
async fn nothing_of_the_customer_is_left_anywhere() {
    let app = TestApp::new().await;
    with_history(&app).await;
    let traces = |app: &TestApp| -> Vec<String> {
        let signs = ["segredo", "marina", "Marina", "Duarte", "90000-0142", "5511900000142"];
        all_texts(app).into_iter().filter(|text| signs.iter().any(|sign| text.contains(sign))).collect()
    };
    assert!(traces(&app).len() > 10);
    let admin = app.administrator().await;
    let page = admin.get("/contacts/601/anonymisation").await;
    page.assert_says("Não há como desfazer.").assert_says("O agendamento pendente abaixo será cancelado.");
    page.assert_says("O chamado nº 1001 será fechado.")
        .assert_says("A pessoa Família Duarte, que só tem este contato");
    let refused = admin.post("/contacts/601/anonymisation", &[]).await;
    refused.assert_status(422).assert_says("Marque que você entendeu");
    let done = admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await;
    let page = admin.follow(&done).await;
    page.assert_says("Contato anonimizado nº 601")
        .assert_says("Este contato foi anonimizado.")
        .assert_says("Anonimização");

    assert_eq!(traces(&app), Vec::<String>::new());
    assert_eq!(app.database.number("SELECT count(*) AS value FROM attachments"), 0);
    assert_eq!(app.database.texts("SELECT status AS value FROM tickets"), ["closed"]);
    let states = app.database.texts("SELECT status AS value FROM schedules ORDER BY id");
    assert_eq!(states, ["completed", "cancelled", "cancelled"]);
    assert_eq!(app.database.number("SELECT protocol AS value FROM tickets"), 1001);
    assert_eq!(app.database.texts("SELECT name AS value FROM import_lines"), ["Outra Cliente"]);
    // The pages that showed her data still work.
    for path in [
        "/contacts/601/conversation",
        "/schedules/1",
        "/people/501",
        "/contacts?state=archived",
        "/schedules",
    ] {
        admin.get(path).await.assert_status(200).assert_does_not_say("Marina");
    }
}

/// Every row of every table as text, and every stored file.
fn dump(app: &TestApp) -> Vec<String> {
    let tables = app.database.texts(
        "SELECT format('SELECT %L || row::text AS value FROM %I AS row', table_name || ': ', table_name) AS value
           FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
    );
    let mut all: Vec<String> = tables.iter().flat_map(|sql| app.database.texts(sql)).collect();
    let mut folders = vec![app.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => all.push(format!(
                    "{}: {}",
                    path.display(),
                    String::from_utf8_lossy(&std::fs::read(&path).unwrap())
                )),
            }
        }
    }
    all
}

/// The person keeps its name, because it has another contact too.
#[actix_web::test]
async fn a_dump_after_anonymising_does_not_identify_the_customer() {
    let app = TestApp::new().await;
    with_history(&app).await;
    let admin = app.administrator().await;
    // Fills in every field of the form, and everything that the customer's browser sends.
    let edited = [
        ("name", "Marina Duarte"),
        ("phone", "(11) 90000-7777"),
        ("email", "segredo-correio@casa.example"),
        ("channel_id", "401"),
        ("person_id", "501"),
        ("accepts", ""),
    ];
    admin.edit("/contacts/601/edit", &edited).await.assert_status(303);
    app.database.execute("UPDATE contacts SET person_id = 501 WHERE id = 602");
    let pending = app.database.number("SELECT id AS value FROM schedules WHERE status = 'scheduled'");
    let moved = [
        ("person_id", "501"),
        ("contact_id", "601"),
        ("department_id", "101"),
        ("attendant_id", "303"),
        ("action", "open_ticket"),
        ("due_at", "2030-12-05T10:00"),
        ("comment", "segredo-comentario"),
        ("message", "segredo-mensagem"),
    ];
    admin.edit(&format!("/schedules/{pending}/edit"), &moved).await.assert_status(303);
    admin.get("/people/501/edit").await;
    app.database.execute("UPDATE tickets SET status = 'closed', closed_at = now() + interval '1 day'");
    let app = app.with_made_up_rows("tickets that nobody closed");
    let customer = app.visitor();
    customer.enter(&app.link(601)).await;
    let post = |token: &str| {
        TestRequest::post()
            .uri("/c/601/messages")
            .peer_addr("203.0.113.77:4711".parse().unwrap())
            .insert_header(("user-agent", "Navegador segredo-navegador"))
            .set_form([("body", "segredo-recado"), ("csrf", token)])
    };
    customer.send(post(&customer.csrf())).await.assert_status(303);
    // The audit keeps counts of refusals, by a wrong token and, earlier, by a foreign origin.
    customer.send(post("x")).await.assert_status(403);
    let foreign = post(&customer.csrf()).insert_header(("origin", "https://foreign.example"));
    customer.send(foreign).await.assert_status(403);
    app.shared.refusals.write(&app.shared.db).await.unwrap();
    let audited = "SELECT coalesce(sum((details ->> 'times')::bigint), 0)::bigint AS value FROM audit
                    WHERE action = 'access.refused'";
    assert_eq!(app.database.number(audited), 2);
    app.database.execute(
        "INSERT INTO imports (id, created_by, channel_id, file_name) VALUES (2, 301, 401, 'segredo-planilha.csv');
         INSERT INTO audit (action, subject_id, details) VALUES ('contact.created', 601, '{\"import_id\": 2}')",
    );
    let signs = ["segredo", "90000-0142", "900007777", "203.0.113.77", "um boleto", "marina"];
    let traces = |app: &TestApp| -> Vec<String> {
        let found = |text: &String| signs.iter().any(|sign| text.to_lowercase().contains(sign));
        dump(app).into_iter().filter(found).collect()
    };
    let before = traces(&app);
    for sign in signs {
        assert!(
            before.iter().any(|text| text.to_lowercase().contains(sign)),
            "{sign} was not there before: {before:#?}"
        );
    }
    let person = "SELECT count(*) AS value FROM schedule_history WHERE details -> 'values' ? 'person_id'";
    assert!(app.database.number(person) > 0);

    admin.get("/contacts/601/anonymisation").await;
    admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await.assert_status(303);
    app.database.execute("UPDATE blobs SET claimed_at = now() - interval '1 day'");
    pontual::files::sweep::sweep(&app.shared.db, &app.shared.files).await.unwrap();
    assert_eq!(traces(&app), Vec::<String>::new());
    assert_eq!(app.database.number(person), 0);
    // Nothing links the contact to the person, who still has a name.
    let tied = "SELECT count(*) AS value FROM audit
                 WHERE details ? 'person_id' OR jsonb_typeof(details -> 'added') = 'array'";
    assert_eq!(app.database.number(tied), 0);
    admin.get("/people/501").await.assert_says("Família Duarte").assert_does_not_say("anonimizado nº");
    for path in [
        format!("/schedules/{pending}"),
        "/contacts/601".into(),
        "/audit".into(),
        "/contacts/601/conversation".into(),
    ] {
        admin.get(&path).await.assert_status(200).assert_does_not_say("Duarte");
    }
}

#[actix_web::test]
async fn an_anonymised_contact_cannot_be_brought_back() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let (chat, rafael) = (app.link(602), app.customer(602).await);
    admin.get("/contacts/602/anonymisation").await.assert_does_not_say("em andamento");
    admin.post("/contacts/602/anonymisation", &[("understood", "1")]).await.assert_status(303);
    app.visitor().get(&chat).await.assert_says("não está disponível");
    rafael.get("/c/602").await.assert_status(404);
    for path in ["restoration", "archival", "link-revocation", "anonymisation"] {
        admin.post(&format!("/contacts/602/{path}"), &[("understood", "1")]).await.assert_status(409);
    }
    admin.get("/contacts/602/edit").await.assert_status(409);
    admin.post("/contacts/602", &[("name", "Rafael"), ("channel_id", "401")]).await.assert_status(409);
    let filled = app.database.connect_and_try("UPDATE contacts SET phone = '1' WHERE id = 602").unwrap_err();
    assert!(filled.contains("contacts_anonymised_holds_nothing"));
    let late = app.database.connect_and_try(
        "INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment)
            VALUES (602, 101, 'open_ticket', '2030-01-01', '2030-01-01', 'UTC', 'x')",
    );
    assert!(late.unwrap_err().contains("is anonymised"));
}

#[actix_web::test]
async fn a_person_with_other_contacts_stays() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE contacts SET person_id = 501 WHERE id = 602");
    let admin = app.administrator().await;
    admin.get("/contacts/601/anonymisation").await.assert_does_not_say("que só tem este contato");
    admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await.assert_status(303);
    admin
        .get("/people/501")
        .await
        .assert_says("Família Duarte")
        .assert_says("Rafael")
        .assert_says("1 contato");
}

#[actix_web::test]
async fn anonymising_deletes_waiting_lines_by_whole_number_and_refused_lines_by_its_last_digits() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO imports (id, created_by, channel_id, file_name, status, confirmed_at)
            VALUES (1, 301, 401, 'lista.csv', 'running', now());
         INSERT INTO import_lines VALUES (1, 2, 'Marina', '+5511900000142', '', '', NULL, NULL),
                                         (1, 3, 'Rosa, de outra cidade', '+5521900000142', '', '', NULL, NULL),
                                         (1, 4, 'Mari', '9 0000-0142', '', '', 'x', NULL)",
    );
    let admin = app.administrator().await;
    admin.get("/contacts/601/anonymisation").await;
    let done = admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await;
    done.assert_status(303);
    let kept = app.database.texts("SELECT name AS value FROM import_lines");
    assert_eq!(kept, ["Rosa, de outra cidade"]);
    assert_eq!(app.database.number("SELECT skipped::bigint AS value FROM imports"), 1);
}

#[actix_web::test]
async fn a_message_that_arrived_after_the_question_is_not_erased_unread() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without events");
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101)");
    let admin = app.administrator().await;
    let path = "/contacts/601/anonymisation";
    let shown = admin.get(path).await.attribute("[name=open_ticket]", "value").unwrap();
    app.database.execute(
        "INSERT INTO messages (contact_id, ticket_id, kind, body) VALUES (601, 701, 'customer', 'Mudei de ideia')",
    );
    let asked = admin.post(path, &[("understood", "1"), ("open_ticket", &shown)]).await;
    asked.assert_status(409).assert_says("O contato ainda não foi anonimizado.");
    assert_eq!(app.database.texts("SELECT body AS value FROM messages"), ["Mudei de ideia"]);
    let shown = asked.attribute("[name=open_ticket]", "value").unwrap();
    admin.post(path, &[("understood", "1"), ("open_ticket", &shown)]).await.assert_status(303);
    assert_eq!(app.database.texts("SELECT status AS value FROM tickets"), ["closed"]);
}

#[actix_web::test]
async fn a_ticket_that_was_opened_after_the_question_is_not_closed() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without events");
    let admin = app.administrator().await;
    let path = "/contacts/601/anonymisation";
    let shown = admin.get(path).await.attribute("[name=open_ticket]", "value").unwrap();
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101)");
    admin.post(path, &[("understood", "1"), ("open_ticket", &shown)]).await.assert_status(409);
    assert_eq!(app.database.texts("SELECT status AS value FROM tickets"), ["open"]);
}

#[actix_web::test]
async fn anonymising_deletes_refused_lines_that_name_the_contact_in_any_cell() {
    let app = TestApp::new().await;
    app.database.execute(
        "UPDATE contacts SET email = 'marina@casa.example' WHERE id = 601;
         INSERT INTO imports (id, created_by, channel_id, file_name, status, confirmed_at, finished_at)
            VALUES (1, 301, 401, 'lista.csv', 'finished', now(), now());
         INSERT INTO import_lines (import_id, line, name, phone, email, person, remark, problem) VALUES
            (1, 2, 'Duarte, Marina (mãe)', '', '', '', '', 'x'), (1, 3, 'Ana', '', 'MARINA@Casa.example;x@', '', '', 'x'),
            (1, 4, 'Ana', '1 / (11) 90000.0142', '', '', '', 'x'), (1, 5, '11900000142', '', '', '', '', 'x'),
            (1, 6, 'Ana', '', '', 'familia duarte', '', 'x'), (1, 7, 'Ana', '1', '', '', 'Fica de fora: 90000-0142', 'x'),
            (1, 8, 'Outra Cliente', '123', '', '', '', 'x')",
    );
    let admin = app.administrator().await;
    admin.get("/contacts/601/anonymisation").await;
    admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await.assert_status(303);
    assert_eq!(app.database.texts("SELECT name AS value FROM import_lines"), ["Outra Cliente"]);
}

#[actix_web::test]
async fn refused_lines_go_in_whatever_spelling_they_name_the_contact() {
    let app = TestApp::new().await;
    app.database.execute(
        "UPDATE contacts SET email = 'marina@pão.example' WHERE id = 601;
         INSERT INTO imports (id, created_by, channel_id, file_name, status, confirmed_at, finished_at)
            VALUES (1, 301, 401, 'lista.csv', 'finished', now(), now());
         INSERT INTO import_lines (import_id, line, name, phone, email, person, remark, problem) VALUES
            (1, 2, 'Ana', '', 'marina@xn--po-sia.example', '', '', 'x'),
            (1, 3, 'Ana', '', 'x@; <MARINA@XN--PO-SIA.EXAMPLE>', '', '', 'x'),
            (1, 4, 'Ana', '', '', '', 'Fica de fora: marina@pa\u{303}o。example', 'x'),
            (1, 5, 'Ana', '（１１）９００００－０１４２', '', '', '', 'x'),
            (1, 6, 'Mari\u{200b}na  DUARTE', '', '', '', '', 'x'),
            (1, 7, 'Outra Cliente', '123', 'mariana@xn--po-sia.example', '', '', 'x'),
            (1, 8, 'Boa', '', 'boa@casa.example', '', 'Fica de fora: marina@xn--po-sia.example', NULL)",
    );
    let admin = app.administrator().await;
    admin.get("/contacts/601/anonymisation").await;
    admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await.assert_status(303);
    let kept = app.database.texts("SELECT name || remark AS value FROM import_lines ORDER BY line");
    assert_eq!(kept, ["Outra Cliente", "Boa"]);
}

#[actix_web::test]
async fn anonymising_deletes_files_whose_columns_are_not_chosen() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/import").await;
    let file = Some(("lista.csv", b"nome;telefone\nMarina;11 90000-0142\n".as_slice()));
    let sent = super::upload(&admin, "/contacts/import", &[("channel_id", "401")], file).await;
    let path = sent.location().to_owned();
    admin.get("/contacts/601/anonymisation").await;
    admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM import_files"), 0);
    let page = admin.get(&path).await;
    let page = admin.follow(&page).await;
    page.assert_status(200).assert_says("Cancelada").assert_says("O arquivo foi descartado");
}

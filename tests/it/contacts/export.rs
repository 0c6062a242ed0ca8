//! The export of all data about a contact.

use pontual::audit::Action;
use serde_json::Value;

use super::anonymise::with_history;
use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn the_export_holds_all_data_of_a_contact_and_of_no_other() {
    let app = TestApp::new().await;
    with_history(&app).await;
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
async fn a_long_conversation_is_exported_completely() {
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

/// The file holds the comments and messages of schedules. Users who may not schedule cannot see those elsewhere.
#[actix_web::test]
async fn only_users_who_may_see_all_of_it_may_export() {
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

/// Columns that the file leaves out, and why. All other columns of tables that refer to a contact must be in it.
const LEFT_OUT: [(&str, &[&str]); 8] = [
    (
        "written as a name or a protocol",
        &[
            "attachments.message_id",
            "attachments.schedule_id",
            "contact_identities.channel_id",
            "contact_merges.merged_by",
            "messages.channel_id",
            "notifications.message_id",
            "outbox.channel_id",
            "outbox.identity_id",
            "schedules.channel_id",
            "contacts.channel_id",
            "contacts.default_attendant_id",
            "contacts.default_department_id",
            "contacts.person_id",
            "messages.author_id",
            "messages.ticket_id",
            "notifications.passed_on_by",
            "notifications.ticket_id",
            "notifications.user_id",
            "schedule_history.actor_id",
            "schedules.attendant_id",
            "schedules.created_by",
            "schedules.department_id",
            "schedules.person_id",
            "tickets.attendant_id",
            "tickets.closed_by",
            "tickets.department_id",
        ],
    ),
    (
        "written in words",
        &[
            "messages.kind",
            "messages.event",
            "notifications.kind",
            "schedules.action",
            "schedules.status",
            "tickets.status",
        ],
    ),
    (
        "the contact itself",
        &[
            "contact_identities.contact_id",
            "contact_merges.kept_id",
            "contact_merges.merged_id",
            "contacts.merged_into",
            "outbox.contact_id",
            "tickets.opened_contact_id",
            "customer_accesses.contact_id",
            "customer_upload_volumes.contact_id",
            "messages.contact_id",
            "notifications.contact_id",
            "schedules.contact_id",
            "tickets.contact_id",
        ],
    ),
    (
        "numbers of rows, of use to no reader",
        &[
            "attachments.id",
            "contact_identities.id",
            "contact_merges.access_ids",
            "contact_merges.id",
            "contact_merges.identity_ids",
            "contact_merges.schedule_ids",
            "contact_merges.ticket_ids",
            "outbox.message_id",
            "outbox_attempts.id",
            "outbox_attempts.message_id",
            "customer_accesses.id",
            "messages.id",
            "notifications.id",
            "schedule_history.id",
            "tickets.id",
        ],
    ),
    (
        "made of other columns",
        &[
            "contact_identities.match_key",
            "contact_merges.filled",
            "outbox.lease",
            "outbox.leased_until",
            "outbox.next_attempt_at",
            "outbox_attempts.lease",
            "schedule_texts.week",
            "contacts.search",
            "contacts.sort_name",
            "schedule_texts.schedule_id",
            "schedule_texts.search",
            "schedules.due_local",
            "schedules.due_zone",
            "schedules.min_gap",
            "schedules.spacing_exempt",
            "schedules.spacing_key",
            "schedules.updated_at",
            "schedules.version",
            "tickets.last_customer_message_id",
            "tickets.last_message_at",
            "tickets.seen_message_id",
        ],
    ),
    (
        "secrets and keys of forms",
        &[
            "contacts.link_version",
            "customer_accesses.link_version",
            "customer_accesses.token_hash",
            "messages.client_key",
            "schedules.form_key",
        ],
    ),
    (
        "a counter for a limit, begun anew each day; the files themselves are listed",
        &["customer_upload_volumes.bytes", "customer_upload_volumes.day_began_at"],
    ),
    (
        "not about the contact: who of the team sent the file; a contact of which nothing else is left",
        &["attachments.uploaded_by", "contacts.anonymised_at"],
    ),
];

/// Each column of each table that refers to contacts, directly or indirectly, as `table.column type`.
const COLUMNS: &str = "WITH RECURSIVE referring AS (
        SELECT 'contacts'::regclass::oid AS id
         UNION SELECT attrelid FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                WHERE attname LIKE '%contact_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace
         UNION SELECT conrelid FROM pg_constraint JOIN referring ON confrelid = referring.id WHERE contype = 'f')
    SELECT referring.id::regclass || '.' || attname || ' ' || format_type(atttypid, NULL) AS value
      FROM referring JOIN pg_attribute ON attrelid = referring.id AND attnum > 0 AND NOT attisdropped
     ORDER BY 1";

/// Gives each column a distinct value if it can hold one, so that no column is mistaken for another.
fn give_each_column_its_own_value(app: &TestApp, columns: &[(String, String, String)]) {
    for (number, (table, column, kind)) in columns.iter().enumerate() {
        let value = match kind.as_str() {
            "text" => format!("{column} || ' de {table}.{column}'"),
            "timestamp with time zone" => format!("{column} + interval '{number} milliseconds'"),
            _ => continue,
        };
        let change = format!("SET session_replication_role = replica; UPDATE {table} SET {column} = {value}");
        // Columns with fixed words and generated columns refuse this, and keep their values.
        app.database.connect_and_try(&change).ok();
    }
}

#[actix_web::test]
async fn every_column_that_refers_to_a_contact_is_exported_or_has_a_reason() {
    let app = TestApp::new().await;
    with_history(&app).await;
    Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    app.database.execute(
        "DELETE FROM contacts WHERE id = 602;
         UPDATE contacts SET archived_at = now();
         UPDATE tickets SET status = 'closed', closed_at = clock_timestamp(), opened_from = '203.0.113.9';
         UPDATE messages SET delivered_at = now(), read_at = now() WHERE kind = 'attendant';
         UPDATE notifications SET read_at = now(), removed_at = now();
         UPDATE customer_accesses SET seen_at = now(), ip = '203.0.113.9';
         UPDATE schedules SET rescheduled_from = 1 WHERE id = 2;
         UPDATE contact_identities SET seen_at = now(), worked_at = now();
         UPDATE messages SET quoted = 'antes', provider_id = 'm' || id WHERE kind = 'customer';
         INSERT INTO outbox (message_id, contact_id, channel_id, identity_id, state, reason, detail, provider_id,
                             attempts, sent_at, delivered_at, read_at, ended_at)
            SELECT id, contact_id, 401, (SELECT min(i.id) FROM contact_identities i WHERE i.contact_id = 601), 'failed',
                   'bounced', 'caixa cheia', 'o' || id, 1, now(), now(), now(), now()
              FROM messages WHERE kind = 'attendant' LIMIT 1;
         INSERT INTO outbox_attempts (message_id, number, lease, ended_at, outcome, reason, detail)
            SELECT message_id, 1, gen_random_uuid(), now(), 'rejected', 'bounced', 'caixa cheia' FROM outbox;
         INSERT INTO contacts (id, channel_id, name, archived_at, merged_into) VALUES (603, 401, 'Outra', now(), 601);
         INSERT INTO contact_merges (merged_id, kept_id, ticket_ids, schedule_ids, identity_ids, access_ids, filled,
                                     separated_at)
            VALUES (603, 601, '{}', '{}', '{}', '{}', '{}', now());
         UPDATE contact_identities SET contact_id = 601 WHERE contact_id = 603",
    );
    let app = app.with_made_up_rows("times that nothing recorded");
    let columns: Vec<(String, String, String)> = app
        .database
        .texts(COLUMNS)
        .iter()
        .map(|column| {
            let (place, kind) = column.split_once(' ').unwrap();
            let (table, name) = place.split_once('.').unwrap();
            (table.to_owned(), name.to_owned(), kind.to_owned())
        })
        .collect();
    give_each_column_its_own_value(&app, &columns);
    let admin = app.administrator().await;
    admin.get("/contacts/601").await;
    let file = admin.post("/contacts/601/export", &[]).await;

    let mut left_out: Vec<&str> = LEFT_OUT.iter().flat_map(|(_, columns)| *columns).copied().collect();
    let mut missing = Vec::new();
    for (table, column, kind) in &columns {
        let place = format!("{table}.{column}");
        if left_out.contains(&place.as_str()) {
            continue;
        }
        let value = match kind.as_str() {
            "bytea" => format!("encode({column}, 'hex')"),
            _ => format!("to_json({column})::text"),
        };
        let values = app.database.texts(&format!(
            "SELECT DISTINCT {value} AS value FROM {table} WHERE {column} IS NOT NULL AND {column}::text NOT IN ('', '{{}}')"
        ));
        if values.is_empty() {
            missing.push(format!("{place}: this test writes nothing there"));
        }
        missing.extend(
            values
                .iter()
                .filter(|value| !file.body.contains(*value))
                .map(|value| format!("{place}: {value}")),
        );
    }
    assert_eq!(missing, Vec::<String>::new(), "add it to the file, or say in LEFT_OUT why not");
    let is_there =
        |place: &&str| columns.iter().any(|(table, column, _)| *place == format!("{table}.{column}"));
    left_out.retain(|place| !is_there(place));
    assert_eq!(left_out, Vec::<&str>::new(), "LEFT_OUT names columns that do not exist");
}

#[actix_web::test]
async fn the_export_holds_the_audit_of_a_contact_its_tickets_and_schedules() {
    let app = TestApp::new().await.with_made_up_rows("an audit of every action");
    with_history(&app).await;
    let admin = app.administrator().await;
    let subjects = [
        ("contact.", "601".to_owned()),
        ("ticket.", app.database.number("SELECT id AS value FROM tickets").to_string()),
        ("schedule.", app.database.number("SELECT min(id) AS value FROM schedules").to_string()),
    ];
    for (prefix, subject) in subjects {
        let actions: Vec<&str> = Action::ALL
            .iter()
            .map(|action| action.as_str())
            .filter(|action| action.starts_with(prefix))
            .collect();
        assert!(!actions.is_empty());
        for action in &actions {
            app.database.execute(&format!(
                "INSERT INTO audit (action, subject_id, details) VALUES ('{action}', {subject}, '{{\"test\": \"{action}\"}}')"
            ));
        }
        admin.get("/contacts/601").await;
        let file = admin.post("/contacts/601/export", &[]).await;
        for action in actions {
            assert!(file.body.contains(&format!("{{\"test\": \"{action}\"}}")), "{action}");
        }
    }
}

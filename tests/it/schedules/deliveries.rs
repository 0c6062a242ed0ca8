//! The list by what became of the messages that the schedules sent.

use pontual::dispatcher;

use super::filters::{contacts, shown};
use super::paging::{link, rows};
use crate::harness::{Plan, TestApp};

/// The value in addresses, what a row says, and whose message it is.
const STATES: [(&str, &str, &str); 7] = [
    ("queued", "Mensagem na fila", "Fila"),
    ("sent", "Mensagem enviada", "Enviada"),
    ("delivered", "Mensagem entregue", "Marina Duarte"),
    ("read", "Mensagem lida", "Rafael Nogueira"),
    ("failed", "Mensagem falhou", "Falhou"),
    ("uncertain", "Mensagem incerta", "Incerta"),
    ("discarded", "Mensagem descartada", "Descartada"),
];

/// A completed schedule with a message in each state, two of them on the web chat, and a pending schedule.
async fn one_message_in_each_state() -> TestApp {
    let app = TestApp::new().await.with_made_up_rows("messages fail without an attempt");
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (402, 'webhook', 'Sistema', 101);
         INSERT INTO contacts (id, channel_id, name) VALUES
            (650, 402, 'Fila'), (651, 402, 'Enviada'), (652, 402, 'Falhou'), (653, 402, 'Incerta'), (654, 402, 'Descartada');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value)
         SELECT id, 402, 'external', 'c' || id FROM contacts WHERE channel_id = 402",
    );
    for contact in [601, 602, 650, 651, 652, 653, 654] {
        Plan { contact, ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    }
    dispatcher::tick(&mut app.database.connect()).unwrap();
    Plan { due_in: "2 days", ..Plan::new(&app.company, "notify") }.save(&app.database);
    app.database.execute(
        "UPDATE outbox SET state = 'sent' WHERE contact_id = 651;
         UPDATE outbox SET state = 'failed', reason = 'bounced' WHERE contact_id IN (652, 654);
         UPDATE outbox SET state = 'uncertain', reason = 'no_answer' WHERE contact_id = 653",
    );
    let bruno = app.attendant().await;
    bruno.get("/tickets").await;
    bruno.post(&format!("/messages/{}/discard", message_of(&app, 654)), &[]).await.assert_status(303);
    acknowledge(&app, 601, "delivered").await;
    acknowledge(&app, 602, "read").await;
    app
}

fn message_of(app: &TestApp, contact: i64) -> i64 {
    app.database.number(&format!(
        "SELECT id AS value FROM messages WHERE contact_id = {contact} AND kind = 'attendant'"
    ))
}

/// The customer's page says that the message arrived or was in view.
async fn acknowledge(app: &TestApp, contact: i64, what: &str) {
    let id = message_of(app, contact).to_string();
    let customer = app.customer(contact).await;
    customer.post(&format!("/c/{contact}/receipts"), &[(what, &id)]).await.assert_status(204);
}

#[actix_web::test]
async fn the_filter_finds_the_rows_that_show_the_state() {
    let app = one_message_in_each_state().await;
    let admin = app.administrator().await;
    assert_eq!(shown(&admin, "").await.len(), STATES.len() + 1);
    for (state, says, contact) in STATES {
        let page = admin.get(&format!("/schedules?delivery={state}")).await;
        assert_eq!(contacts(&page), [contact], "{state}");
        assert_eq!(page.texts(".c-state .sub"), [says], "{state}");
        assert_eq!(page.attribute("#f-delivery option[selected]", "value").as_deref(), Some(state));
        let label = says.trim_start_matches("Mensagem ");
        assert_eq!(page.texts(".chip .x")[0].to_lowercase(), format!("mensagem: {label}"));
        assert_eq!(page.attribute(".chip", "href").unwrap(), "/schedules");
    }
}

#[actix_web::test]
async fn the_tabs_count_by_the_state_and_only_completed_schedules_have_one() {
    let app = one_message_in_each_state().await;
    let admin = app.administrator().await;
    let counted = ["Todos 1", "Agendado 0", "Concluído 1", "Erro 0", "Cancelado 0"];
    for tab in ["", "&status=completed", "&status=scheduled"] {
        let page = admin.get(&format!("/schedules?delivery=failed{tab}")).await;
        assert_eq!(page.texts("#schedule-tabs a"), counted, "{tab}");
    }
    let pending = admin.get("/schedules?status=scheduled&delivery=failed").await;
    pending.assert_says("Só agendamentos concluídos enviaram mensagem");
    assert!(contacts(&pending).is_empty());
    let unknown = admin.get("/schedules?delivery=lost").await;
    unknown.assert_says("Mensagem");
    assert_eq!(contacts(&unknown).len(), STATES.len() + 1);
}

#[actix_web::test]
async fn the_state_goes_with_all_other_filters_and_to_calendar_and_file() {
    let app = one_message_in_each_state().await;
    let admin = app.administrator().await;
    for (query, found) in [
        ("delivery=failed&attendant_id=303&q=falhou", vec!["Falhou"]),
        ("delivery=failed&department_id=102", vec![]),
        ("delivery=read&department_id=101&action=open_ticket", vec!["Rafael Nogueira"]),
        ("delivery=read&q=marina", vec![]),
        ("delivery=delivered&q=ma&created_by=301", vec!["Marina Duarte"]),
        ("delivery=read&period=today&sort=due", vec!["Rafael Nogueira"]),
        ("delivery=queued&to=2020-01-01", vec![]),
    ] {
        assert_eq!(shown(&admin, query).await, found, "{query}");
    }
    for view in ["month", "week"] {
        let page = admin.get(&format!("/schedules/calendar?view={view}&delivery=uncertain")).await;
        page.assert_status(200).assert_says("Incerta").assert_does_not_say("Marina Duarte");
        assert!(page.attribute("#schedule-views a", "href").unwrap().ends_with("delivery=uncertain"));
    }
    let file = admin.get("/schedules/export.csv?delivery=delivered").await.body;
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines.len(), 2, "{file}");
    assert!(lines[0].ends_with("Situação da mensagem") && lines[1].ends_with(";Entregue"), "{file}");
    assert_eq!(admin.get("/schedules/export.csv?delivery=read&status=failed").await.body.lines().count(), 1);
    admin.get("/audit").await.assert_says("mensagem entregue");
}

#[actix_web::test]
async fn what_a_service_says_counts_more_than_the_customers_page() {
    let app = one_message_in_each_state().await;
    app.database.execute(
        "INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (651, 401, 'chat', '651')
         ON CONFLICT DO NOTHING",
    );
    acknowledge(&app, 651, "read").await;
    let admin = app.administrator().await;
    assert_eq!(shown(&admin, "delivery=sent").await, ["Enviada"]);
    app.database.execute("UPDATE outbox SET state = 'delivered' WHERE contact_id = 651");
    assert!(shown(&admin, "delivery=sent").await.is_empty());
    assert_eq!(shown(&admin, "delivery=delivered&sort=created").await, ["Marina Duarte", "Enviada"]);
}

#[actix_web::test]
async fn many_schedules_in_one_state_page_both_ways() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history and messages");
    app.database.execute(
        "INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment, status, finished_at)
         SELECT n, 601, 101 + n % 2, 'open_ticket', t, t, 'UTC', 'x', 'completed', t
           FROM (SELECT n, timestamp '2020-01-01' + (n * 7919 % 6000) * interval '1 hour' AS t
                   FROM generate_series(1, 6000) n) n;
         INSERT INTO schedule_deliveries SELECT id, CASE WHEN id % 3 = 0 THEN 'read' ELSE 'failed' END, due_at FROM schedules",
    );
    let admin = app.administrator().await;
    for (query, condition, order) in [
        ("delivery=failed", "id % 3 > 0", "id DESC"),
        ("delivery=read&sort=created", "id % 3 = 0", "id"),
        ("delivery=read&status=completed", "id % 3 = 0", "due_at DESC, id DESC"),
        ("delivery=failed&sort=due&department_id=101", "id % 3 > 0 AND department_id = 101", "due_at, id"),
        (
            "delivery=read&sort=-due&department_id=102",
            "id % 3 = 0 AND department_id = 102",
            "due_at DESC, id DESC",
        ),
        (
            "delivery=failed&sort=due&from=2020-02-01",
            "id % 3 > 0 AND due_at >= '2020-02-01 03:00Z'",
            "due_at, id",
        ),
        ("delivery=failed&q=marina", "id % 3 > 0", "id DESC"),
    ] {
        let all = app.database.texts(&format!(
            "SELECT 'schedule-' || id AS value FROM schedules WHERE {condition} ORDER BY {order} LIMIT 100"
        ));
        let mut page = admin.get(&format!("/schedules?{query}")).await;
        for (way, place) in [("page-next", 0), ("page-next", 1), ("page-previous", 2), ("page-previous", 1)] {
            assert_eq!(rows(&page), all[place * 25..][..25], "{query}, page {place}");
            page = admin.get(&link(&page, way).unwrap()).await;
        }
        assert_eq!(rows(&page), all[..25], "{query}");
    }
}

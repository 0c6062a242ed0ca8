//! Live streams: who receives which events, from any process, and what ends a stream.

use std::time::Duration;

use pontual::db::listen::Listener;
use pontual::ids::{ContactId, NotificationId, ScheduleId, UserId};
use pontual::live::{CHANNEL, Event};
use serde_json::json;
use tokio::time::timeout;

use crate::harness::{Company, Database, Entry, Live, LiveEvent, TestApp, tell};

fn notified(id: i64) -> Event {
    Event::Notified(NotificationId(id), NotificationId(id))
}

fn conversation(contact: i64) -> Event {
    Event::ConversationsChanged(vec![ContactId(contact)])
}

/// The contacts named in conversation events, in order of their ids.
fn contacts(events: &[LiveEvent]) -> Vec<i64> {
    let conversations = events.iter().filter(|event| event.name == "conversation");
    let of = |event: &LiveEvent| event.data["contacts"].as_array().cloned().unwrap_or_default();
    let mut contacts: Vec<i64> = conversations.flat_map(of).filter_map(|id| id.as_i64()).collect();
    contacts.sort();
    contacts
}

#[actix_web::test]
async fn a_notification_reaches_only_its_recipient() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let (bruno, helena) = (app.attendant().await, app.other_attendant().await);
    let live = Live::start(&app).await;
    let (mut of_bruno, mut of_helena) = (live.stream(&bruno).await, live.stream(&helena).await);
    let id = Entry::reminder(app.company.bruno, app.company.marina, "ligar").write(&app.database);
    tell(&app.database, &notified(id));
    let data = of_bruno.data("notification").await;
    assert_eq!((&data["id"], &data["unread"]), (&json!(id), &json!(1)));
    let html = data["html"].as_str().unwrap();
    assert!(html.contains("Lembrete para <b>Marina Duarte</b>: ligar."), "{html}");

    tell(&app.database, &Event::BellChanged(UserId(app.company.helena)));
    let events = of_helena.until("bell").await;
    assert!(events.iter().all(|event| event.name != "notification"), "{events:?}");
}

#[actix_web::test]
async fn many_notifications_at_once_arrive_as_one_event() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let (bruno, helena) = (app.attendant().await, app.other_attendant().await);
    let live = Live::start(&app).await;
    let (mut of_bruno, mut of_helena) = (live.stream(&bruno).await, live.stream(&helena).await);
    let first = Entry::reminder(app.company.bruno, app.company.marina, "ligar").write(&app.database);
    app.database.execute(&format!(
        "WITH fired AS (
            INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                                   message, comment, status, finished_at)
            SELECT contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                   message, comment, status, finished_at FROM schedules, generate_series(1, 1200) RETURNING id)
         INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
         SELECT {}, 'schedule_completed', id, {} FROM fired",
        app.company.bruno, app.company.marina
    ));
    let last = Entry::reminder(app.company.helena, app.company.marina, "ligar").write(&app.database);
    tell(&app.database, &Event::Notified(NotificationId(first), NotificationId(last)));
    assert_eq!(
        of_helena.data("notification").await["id"],
        last,
        "the stream continues after more rows than one read takes"
    );
    let sync = of_bruno.data("sync").await;
    assert_eq!((&sync["unread"], sync["items"].as_array().unwrap().len()), (&json!(100), 20));
    tell(&app.database, &Event::BellChanged(UserId(app.company.bruno)));
    let events = of_bruno.until("bell").await;
    assert!(events.iter().all(|event| event.name != "notification"), "{events:?}");
}

#[actix_web::test]
async fn a_stream_is_not_buffered_compressed_or_cached() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let stream = live.stream(&bruno).await;
    for header in
        ["content-type: text/event-stream", "content-encoding: identity", "cache-control: no-store", "200 OK"]
    {
        assert!(stream.head.contains(header), "{header} is not in: {}", stream.head);
    }
}

#[actix_web::test]
async fn after_a_disconnection_a_stream_starts_with_the_unread_entries() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    drop(live.stream(&bruno).await);
    let missed = Entry::reminder(app.company.bruno, app.company.marina, "ligar").write(&app.database);
    tell(&app.database, &notified(missed));
    let read = Entry::reminder(app.company.bruno, app.company.rafael, "lida").write(&app.database);
    app.database.execute(&format!("UPDATE notifications SET read_at = now() WHERE id = {read}"));
    let mut again = live.connect("/live", &bruno).await;
    let sync = again.data("sync").await;
    assert_eq!(sync["unread"], 1);
    assert_eq!(sync["items"].as_array().unwrap().len(), 1);
    assert_eq!(sync["items"][0]["id"], missed);
}

#[actix_web::test]
async fn after_a_lost_listening_connection_every_stream_gets_the_current_state() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut stream = live.stream(&bruno).await;
    let id = Entry::reminder(app.company.bruno, app.company.marina, "ligar").write(&app.database);
    app.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE query LIKE 'LISTEN%' AND datname = current_database()",
    );
    assert_eq!(stream.data("sync").await["items"][0]["id"], id);
}

#[actix_web::test]
async fn every_process_sends_the_events_of_all_processes() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let other = app.another().await;
    let bruno = app.attendant().await;
    let (here, there) = (Live::start(&app).await, Live::start(&other).await);
    let (mut one, mut two) = (here.stream(&bruno).await, there.stream(&bruno).await);
    let id = Entry::reminder(app.company.bruno, app.company.marina, "ligar").write(&app.database);
    tell(&app.database, &notified(id));
    assert_eq!(one.data("notification").await["id"], id);
    assert_eq!(two.data("notification").await["id"], id);
}

#[actix_web::test]
async fn an_entry_removed_in_one_tab_disappears_in_the_others() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let ids = ["um", "dois"]
        .map(|text| Entry::reminder(app.company.bruno, app.company.marina, text).write(&app.database));
    let mut stream = live.stream(&bruno).await;
    bruno.get("/notifications").await;
    bruno.post(&format!("/notifications/{}/removal", ids[0]), &[]).await.assert_status(303);
    assert_eq!(stream.data("bell").await, json!({ "unread": 1, "ids": [ids[1]] }));
}

#[actix_web::test]
async fn a_conversation_event_reaches_only_its_readers() {
    let app = TestApp::new().await;
    let company = app.company;
    app.database.execute(&format!(
        "INSERT INTO tickets (contact_id, department_id) VALUES ({}, {}), ({}, {})",
        company.marina, company.support, company.rafael, company.finance
    ));
    let (bruno, admin) = (app.attendant().await, app.administrator().await);
    let live = Live::start(&app).await;
    let (mut of_bruno, mut of_admin) = (live.stream(&bruno).await, live.stream(&admin).await);
    tell(&app.database, &conversation(company.rafael));
    tell(&app.database, &conversation(company.marina));
    for user in [company.bruno, company.administrator] {
        tell(&app.database, &Event::BellChanged(UserId(user)));
    }
    assert_eq!(contacts(&of_bruno.until("bell").await), [company.marina]);
    assert_eq!(contacts(&of_admin.until("bell").await), [company.marina, company.rafael]);
}

#[actix_web::test]
async fn a_customer_gets_events_only_of_their_own_conversation() {
    let app = TestApp::new().await;
    let live = Live::start(&app).await;
    let browser = app.customer(app.company.marina).await;
    let mut marina = live.connect("/c/601/live", &browser).await;
    assert_eq!(marina.data("sync").await, json!({}));
    tell(&app.database, &conversation(app.company.rafael));
    tell(&app.database, &conversation(app.company.marina));
    assert_eq!(marina.data("conversation").await, json!({}));
    app.database.execute(&format!("UPDATE contacts SET link_version = 2 WHERE id = {}", app.company.marina));
    tell(&app.database, &conversation(app.company.marina));
    marina.ends().await;
    assert!(live.connect("/c/601/live", &browser).await.head.contains("404"));
}

#[actix_web::test]
async fn a_visitor_without_access_gets_no_stream() {
    let app = TestApp::new().await;
    let (marina, stranger) = (app.customer(app.company.marina).await, app.visitor());
    stranger.get("/c/601/live").await.assert_status(404);
    let by_link = format!("{}/live", app.link(601));
    for path in ["/c/602/live", "/c/0/live", "/c/601-00/live", "/c/x/live", &by_link] {
        marina.get(path).await.assert_status(404);
    }
    app.database.execute("UPDATE channels SET deactivated_at = now()");
    marina.get("/c/601/live").await.assert_status(404);
}

#[actix_web::test]
async fn a_browser_that_loses_access_loses_its_stream_and_others_keep_theirs() {
    let app = TestApp::new().await;
    let (here, there) = (app.customer(601).await, app.customer(601).await);
    let live = Live::start(&app).await;
    let (mut of_here, mut of_there) =
        (live.connect("/c/601/live", &here).await, live.connect("/c/601/live", &there).await);
    of_here.until("sync").await;
    of_there.until("sync").await;
    here.get("/c/601/accesses").await;
    here.post("/c/601/accesses/ending", &[]).await.assert_status(303);
    of_there.ends().await;
    tell(&app.database, &conversation(601));
    of_here.until("conversation").await;
}

#[actix_web::test]
async fn a_customers_stream_ends_with_the_channel() {
    let app = TestApp::new().await;
    let live = Live::start(&app).await;
    let mut marina = live.connect("/c/601/live", &app.customer(601).await).await;
    marina.until("sync").await;
    let admin = app.administrator().await;
    admin.get("/channels/401/deactivation").await;
    admin.post("/channels/401/deactivation", &[]).await.assert_status(303);
    marina.ends().await;
}

#[actix_web::test]
async fn a_schedule_event_reaches_only_users_who_may_read_it() {
    let app = TestApp::new().await.with_made_up_rows("entries of the bell without a dispatch");
    let company = app.company;
    let of = |user| Entry::reminder(user, company.marina, "ligar");
    let (first, second) = (of(company.bruno).write(&app.database), of(company.helena).write(&app.database));
    let schedule = |notification: i64| {
        let sql = format!("SELECT schedule_id AS value FROM notifications WHERE id = {notification}");
        ScheduleId(app.database.number(&sql))
    };
    let (first, second) = (schedule(first), schedule(second));
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    let manager = app.role_manager().await;
    let live = Live::start(&app).await;
    let (mut of_admin, mut of_bruno) = (live.stream(&admin).await, live.stream(&bruno).await);
    let mut of_manager = live.stream(&manager).await;
    tell(&app.database, &Event::SchedulesChanged(vec![first, second]));
    tell(&app.database, &Event::BellChanged(UserId(company.role_manager)));
    assert_eq!(of_admin.data("schedules").await, json!({ "ids": [first, second] }));
    assert_eq!(of_bruno.data("schedules").await, json!({ "ids": [first] }));
    let events = of_manager.until("bell").await;
    assert!(events.iter().all(|event| event.name != "schedules"), "{events:?}");
}

#[actix_web::test]
async fn a_user_who_signs_out_or_is_deactivated_loses_the_stream() {
    let app = TestApp::new().await;
    let (bruno, helena) = (app.attendant().await, app.other_attendant().await);
    let live = Live::start(&app).await;
    let (mut of_bruno, mut of_helena) = (live.stream(&bruno).await, live.stream(&helena).await);
    bruno.get("/notifications").await;
    bruno.post("/logout", &[]).await.assert_status(303);
    of_bruno.ends().await;
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE email = 'helena@empresa.example'");
    of_helena.ends().await;
    for visitor in [bruno, helena] {
        assert!(live.connect("/live", &visitor).await.head.contains("location: /login"));
        visitor.get_part("/live").await.assert_status(401);
    }
}

#[actix_web::test]
async fn a_user_who_gets_another_role_gets_a_new_stream() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut stream = live.stream(&bruno).await;
    app.database.execute("UPDATE users SET role_id = 202 WHERE email = 'bruno@empresa.example'");
    stream.ends().await;
    live.stream(&bruno).await;
}

#[actix_web::test]
async fn the_triggers_of_users_and_departments_announce_events_that_the_application_reads() {
    let database = Database::new();
    let company = Company::found(&database);
    let mut listener = Listener::connect(&database.url, &[CHANNEL]).await.unwrap();
    database.execute(&format!("UPDATE users SET role_id = 202 WHERE id = {}", company.bruno));
    database.execute("UPDATE departments SET name = 'Outro nome' WHERE id = 101");
    for event in [Event::RightsChanged(vec![UserId(company.bruno)]), Event::ChoicesChanged] {
        let heard = timeout(Duration::from_secs(10), listener.recv()).await;
        let notice = heard.expect("the trigger should announce the change").unwrap();
        assert_eq!(notice.payload, serde_json::to_string(&event).unwrap());
    }
}

#[actix_web::test]
async fn a_missing_announcement_does_not_keep_a_stream_open() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut stream = live.stream(&bruno).await;
    app.database.execute("DELETE FROM sessions");
    app.shared.hub.recheck();
    stream.ends().await;
}

#[actix_web::test]
async fn streams_end_with_the_process() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut stream = live.stream(&bruno).await;
    app.shared.hub.close();
    stream.ends().await;
}

#[actix_web::test]
async fn a_page_is_not_told_what_another_account_hears_that_signed_in_since() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    for (user, begin) in [(app.company.bruno, "HTTP/1.1 200"), (app.company.helena, "HTTP/1.1 303")] {
        let stream = live.connect_with("/live", &bruno, &format!("x-user: {user}")).await;
        assert!(stream.head.starts_with(begin), "{user}: {}", stream.head);
    }
}

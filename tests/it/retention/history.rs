//! The histories of schedules that ended long ago are deleted as a whole, and nothing else depends on them.

use pontual::settings::retention::worker::Removed;
use serde_json::Value;

use super::{count, dispatched, grow_older, retire};
use crate::check::broken;
use crate::harness::{Company, Database, Plan, TestApp};

const NONE: [u8; 0] = [];

/// Ids of schedules that have a history.
fn remembered(database: &Database) -> Vec<i64> {
    let ids = database.texts("SELECT DISTINCT schedule_id::text AS value FROM schedule_history");
    let mut ids: Vec<i64> = ids.iter().map(|id| id.parse().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// Makes schedules 1 (completed), 2 (failed), 3 (edited and cancelled) and 4 (pending).
fn each_kind(database: &Database, company: &Company) {
    dispatched(database, company);
    let plan = Plan { due_in: "20 years", ..Plan::new(company, "notify") };
    assert_eq!([plan.save(database), plan.save(database)], [3, 4]);
    database.execute(
        "INSERT INTO schedule_history (schedule_id, kind) VALUES (3, 'edited'), (4, 'edited');
         UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = 3;
         INSERT INTO schedule_history (schedule_id, kind) VALUES (3, 'cancelled');
         INSERT INTO audit (action, subject_id)
         VALUES ('schedule.edited', 3), ('schedule.edited', 4), ('schedule.cancelled', 3)",
    );
    assert_eq!(broken(database).0, NONE);
}

/// Sets the other retention periods to their maximum, so that only histories are deleted.
fn keep_the_rest(database: &Database) {
    database.execute("UPDATE retention SET notification_days = 3650, audit_months = 240");
}

#[actix_web::test]
async fn only_the_history_of_long_ended_schedules_is_removed() {
    let database = Database::new();
    each_kind(&database, &Company::found(&database));
    keep_the_rest(&database);
    grow_older(&database, "59 months");
    assert_eq!(retire(&database).await, Removed::default());
    grow_older(&database, "2 months");
    let remaining = ["schedules", "tickets", "messages", "notifications", "audit"];
    let before = remaining.map(|table| count(&database, table));
    assert_eq!(retire(&database).await, Removed { history: 7, ..Removed::default() });
    assert_eq!(remembered(&database), [4], "a pending schedule keeps its whole history");
    assert_eq!(count(&database, "schedule_history"), 2);
    assert_eq!(remaining.map(|table| count(&database, table)), before);
    assert_eq!(broken(&database).0, NONE);
    assert_eq!(retire(&database).await, Removed::default());
}

#[actix_web::test]
async fn the_end_of_a_schedule_decides_not_its_start() {
    let database = Database::new();
    each_kind(&database, &Company::found(&database));
    keep_the_rest(&database);
    grow_older(&database, "61 months");
    database.execute(
        "SET session_replication_role = replica;
         UPDATE schedules SET finished_at = now() WHERE id = 3;
         UPDATE schedule_history SET at = now() WHERE schedule_id = 3 AND kind = 'cancelled'",
    );
    assert_eq!(retire(&database).await.history, 4);
    assert_eq!(remembered(&database), [3, 4]);
    assert_eq!(broken(&database).0, NONE);
}

#[actix_web::test]
async fn old_histories_are_found_behind_many_that_stay() {
    let database = Database::new();
    let company = Company::found(&database);
    let plan = Plan { due_in: "20 years", ..Plan::new(&company, "notify") };
    let (pending, old) = (plan.save(&database), plan.save(&database));
    database.execute(&format!(
        "INSERT INTO schedule_history (schedule_id, kind) SELECT {pending}, 'edited' FROM generate_series(1, 2500);
         INSERT INTO schedule_history (schedule_id, kind) SELECT {old}, 'edited' FROM generate_series(1, 2500);
         UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = {old};
         INSERT INTO schedule_history (schedule_id, kind) VALUES ({old}, 'cancelled')"
    ));
    grow_older(&database, "61 months");
    let young = plan.save(&database);
    assert_eq!(retire(&database).await.history, 2502);
    assert_eq!(remembered(&database), [pending, young]);
    assert_eq!(count(&database, "schedule_history"), 2502);
}

#[actix_web::test]
async fn lost_history_is_distinguished_from_removed_history() {
    let database = Database::new();
    let company = Company::found(&database);
    each_kind(&database, &company);
    keep_the_rest(&database);
    grow_older(&database, "61 months");
    retire(&database).await;
    dispatched(&database, &company);
    assert_eq!(broken(&database).0, NONE);
    let sees = |damage: &str, numbers: &[u8]| {
        let saved = "CREATE TABLE saved AS SELECT * FROM schedule_history";
        database.execute(&format!("{saved}; {damage}"));
        let (found, by) = broken(&database);
        assert_eq!(found, numbers, "{by:?} after {damage}");
        database.execute(
            "DELETE FROM schedule_history; INSERT INTO schedule_history SELECT * FROM saved; DROP TABLE saved",
        );
    };
    sees("DELETE FROM schedule_history WHERE schedule_id = 4", &[1, 19]);
    sees("DELETE FROM schedule_history WHERE schedule_id = 4 AND kind = 'edited'", &[19]);
    sees("DELETE FROM schedule_history WHERE schedule_id = 5", &[1, 4, 19]);
    sees("DELETE FROM schedule_history WHERE schedule_id = 6 AND kind = 'created'", &[1, 19]);
    sees("DELETE FROM schedule_history WHERE schedule_id = 6 AND kind = 'failed'", &[1, 5, 19]);
    let half = "INSERT INTO schedule_history (schedule_id, kind, at) SELECT id, 'created', created_at FROM schedules";
    sees(&format!("{half} WHERE id = 3"), &[1, 19]);
    sees(&format!("{half} WHERE id = 1"), &[1, 4, 19]);
    assert_eq!(broken(&database).0, NONE);
    for (id, number) in [(1, 4), (2, 5)] {
        database.execute(&format!("DELETE FROM notifications WHERE schedule_id = {id}"));
        assert!(broken(&database).0.contains(&number), "the recipients are unknown, but there must be one");
    }
}

#[actix_web::test]
async fn the_pages_say_that_a_history_was_removed() {
    let app = TestApp::new().await;
    each_kind(&app.database, &app.company);
    let admin = app.administrator().await;
    let gone = "O histórico deste agendamento já foi apagado, conforme a retenção de dados da empresa.";
    let page = admin.get("/schedules/2").await;
    page.assert_does_not_say(gone)
        .assert_says("Agendamento criado")
        .assert_says("A mensagem não foi enviada.");
    grow_older(&app.database, "61 months");
    retire(&app.database).await;
    for id in [1, 2, 3] {
        let page = admin.get(&format!("/schedules/{id}")).await;
        page.assert_status(200).assert_says(gone).assert_does_not_say("Agendamento criado");
    }
    let failed = admin.get("/schedules/2").await;
    failed.assert_says("A mensagem não foi enviada.").assert_does_not_say("Feche o chamado");
    admin.get("/schedules/4").await.assert_does_not_say(gone).assert_says("Agendamento criado");
    let file = admin.post("/contacts/601/export", &[]).await;
    let data: Value = serde_json::from_str(&file.body).unwrap();
    let are_mentioned: Vec<_> =
        data["agendamentos"].as_array().unwrap().iter().map(|s| &s["historico_ja_apagado"]).collect();
    assert_eq!(are_mentioned, [true, true, true, false]);
}

//! Cancelling several at once.

use crate::harness::{Plan, TestApp};

async fn pending(count: usize) -> (TestApp, Vec<String>) {
    let app = TestApp::new().await;
    let plan = Plan { due_in: "2 days", ..Plan::new(&app.company, "open_ticket") };
    let ids = (0..count).map(|_| plan.save(&app.database).to_string()).collect();
    (app, ids)
}

fn fields<'a>(ids: &'a [String], reason: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("reason", reason), ("list", "status=scheduled&q=marina&view=x")];
    fields.extend(ids.iter().map(|id| ("id", id.as_str())));
    fields
}

#[actix_web::test]
async fn ticked_schedules_are_cancelled_together_with_history() {
    let (app, ids) = pending(3).await;
    let admin = app.administrator().await;
    let query: Vec<String> = ids[..2].iter().map(|id| format!("id={id}")).collect();
    let page =
        admin.get(&format!("/schedules/cancellations?{}&list=status%3Dscheduled", query.join("&"))).await;
    page.assert_says("Cancelar 2 agendamentos?").assert_says("Marina Duarte");
    let answer = admin.post("/schedules/cancellations", &fields(&ids[..2], "Mudança de planos")).await;
    assert_eq!(answer.location(), "/schedules?status=scheduled&q=marina");
    admin.follow(&answer).await.assert_says("Agendamentos selecionados cancelados.");
    let list = admin.get("/schedules").await;
    assert_eq!(list.texts("#schedule-tabs a .n"), ["3", "1", "0", "0", "2"]);
    admin.get(&format!("/schedules/{}", ids[0])).await.assert_says("Mudança de planos");
    let audited =
        "SELECT count(*) AS value FROM audit WHERE action = 'schedule.cancelled' AND actor_id = 301";
    assert_eq!(app.database.number(audited), 2);
}

#[actix_web::test]
async fn schedules_no_longer_pending_are_reported() {
    let (app, ids) = pending(2).await;
    let admin = app.administrator().await;
    admin.post(&format!("/schedules/{}/cancellation", ids[0]), &[]).await;
    admin.get("/schedules").await;
    admin
        .post(&format!("/schedules/{}/cancellation", ids[0]), &[("reason", "antes")])
        .await
        .assert_status(303);
    let page = admin.post("/schedules/cancellations", &fields(&ids, "depois")).await;
    page.assert_status(200).assert_says("1 agendamento cancelado").assert_says("já não estava pendente");
    admin.get(&format!("/schedules/{}", ids[0])).await.assert_says("antes").assert_does_not_say("depois");
    let again = admin.post("/schedules/cancellations", &fields(&ids, "")).await;
    again.assert_says("Nenhum agendamento foi cancelado");
}

#[actix_web::test]
async fn unknown_ids_cancel_nothing() {
    let (app, ids) = pending(1).await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let nothing = admin.post("/schedules/cancellations", &fields(&[], "")).await;
    admin.follow(&nothing).await.assert_says("Selecione ao menos um agendamento pendente.");
    let foreign = ["999999".to_owned(), "x' OR 1=1".to_owned()];
    admin.get("/schedules/new").await;
    admin.post("/schedules/cancellations", &fields(&foreign, "")).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules WHERE status = 'scheduled'"), 1);
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    admin.post("/schedules/cancellations", &fields(&many, "")).await.assert_status(400);
    let both = [ids[0].clone(), "999999".to_owned()];
    admin.post("/schedules/cancellations", &fields(&both, "")).await.assert_status(303);
}

#[actix_web::test]
async fn a_long_reason_is_refused_whole_and_nothing_is_cancelled() {
    let (app, ids) = pending(2).await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let reason = "é".repeat(501);
    let page = admin.post("/schedules/cancellations", &fields(&ids, &reason)).await;
    page.assert_status(422).assert_says("Use até 500 caracteres. O texto tem ");
    assert_eq!(page.texts("#bulk-reason"), [reason]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules WHERE status = 'scheduled'"), 2);
}

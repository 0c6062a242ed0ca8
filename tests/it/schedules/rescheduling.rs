//! A schedule that came to its end is planned anew.

use super::{form, save};
use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn a_failed_schedule_says_what_to_do_and_is_planned_anew_with_links_both_ways() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    app.database
        .execute("INSERT INTO tickets (id, protocol, contact_id, department_id) VALUES (7, 1042, 601, 101)");
    app.database.execute(
        "INSERT INTO messages (contact_id, ticket_id, kind, event) VALUES (601, 7, 'event', 'ticket_opened');
         INSERT INTO audit (action, subject_id) VALUES ('ticket.opened', 7)",
    );
    let id = Plan::new(&app.company, "open_ticket").save(&app.database);
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    let path = format!("/schedules/{id}");
    let failed = admin.get(&path).await;
    failed
        .assert_says("A mensagem não foi enviada.")
        .assert_says("Feche o chamado e agende outra data.")
        .assert_says("Ir para o chamado nº 1042")
        .assert_says("Escolher outra data");

    let page = admin.get(&format!("/schedules/new?from={id}")).await;
    page.assert_says("Reagendar").assert_says("Este contato tem um chamado aberto.");
    assert_eq!(page.texts("#message"), ["Bom dia!"]);
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "");
    assert_eq!(page.attribute("#attendant_id option[selected]", "value").unwrap(), "303");
    let source = id.to_string();
    let changes = [("rescheduled_from", source.as_str()), ("after", "close_ticket")];
    let saved = admin.post("/schedules", &form(&changes)).await;
    let anew = admin.follow(&saved).await;
    anew.assert_says("Agendamento salvo e chamado fechado.");
    assert_eq!(anew.count(&format!(".tl a[href='{path}']")), 1);
    anew.assert_says(&format!("Reagendamento do nº {id}"));
    let before = admin.get(&path).await;
    let new_id = saved.location().rsplit('/').next().unwrap();
    before
        .assert_says(&format!("Reagendado como nº {new_id}"))
        .assert_says("O chamado nº 1042 já foi fechado.")
        .assert_does_not_say("Ir para o chamado nº 1042");
    assert_eq!(before.count(&format!(".tl a[href='/schedules/{new_id}']")), 1);
    app.database.execute(&format!("UPDATE schedules SET attendant_id = 304 WHERE id = {new_id}"));
    let theirs = app.other_attendant().await.get(saved.location()).await;
    theirs.assert_status(200).assert_does_not_say("Reagendamento do nº");
}

#[actix_web::test]
async fn a_pending_schedule_is_edited_rather_than_planned_anew() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let id = saved.location().rsplit('/').next().unwrap().to_owned();
    let answer = admin.get(&format!("/schedules/new?from={id}")).await;
    assert_eq!(answer.location(), format!("/schedules/{id}/edit"));
    let changes = [("rescheduled_from", id.as_str()), ("due_at", "2030-12-06T10:00")];
    let other = save(&admin, &changes).await;
    admin.follow(&other).await.assert_does_not_say("Reagendamento");
    admin.get("/schedules/new?from=999").await.assert_status(404);
}

#[actix_web::test]
async fn a_cancelled_schedule_shows_its_reason_and_can_be_planned_anew() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    admin.post(&format!("{path}/cancellation"), &[("reason", "Ligou antes")]).await;
    let page = admin.get(&path).await;
    page.assert_says("Motivo: Ligou antes").assert_says("“Ligou antes”").assert_says("Reagendar");
    assert_eq!(page.count("a[href$='/edit'], a[href$='/dispatch']"), 0);
}

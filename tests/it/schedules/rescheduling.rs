//! Rescheduling a finished schedule.

use super::{form, save};
use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn a_failed_schedule_is_rescheduled_with_links_both_ways() {
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
    let ticket = page.attribute("[name=open_ticket]", "value").unwrap();
    let changes =
        [("rescheduled_from", source.as_str()), ("after", "close_ticket"), ("open_ticket", ticket.as_str())];
    let saved = admin.post("/schedules", &form(&changes)).await;
    let rescheduled = admin.follow(&saved).await;
    rescheduled.assert_says("Agendamento salvo e chamado fechado.");
    assert_eq!(rescheduled.count(&format!(".tl a[href='{path}']")), 1);
    rescheduled.assert_says(&format!("Reagendamento do nº {id}"));
    let before = admin.get(&path).await;
    let new_id = saved.location().rsplit('/').next().unwrap();
    before
        .assert_says(&format!("Reagendado como nº {new_id}"))
        .assert_says("O chamado nº 1042 estava aberto em")
        .assert_says("e já foi fechado. Agende outra data.")
        .assert_does_not_say("Feche o chamado")
        .assert_does_not_say("Ir para o chamado nº 1042");
    assert_eq!(before.count(&format!(".tl a[href='/schedules/{new_id}']")), 1);
    app.database.execute(&format!("UPDATE schedules SET attendant_id = 304 WHERE id = {new_id}"));
    let theirs = app.other_attendant().await.get(saved.location()).await;
    theirs.assert_status(200).assert_does_not_say("Reagendamento do nº");
}

#[actix_web::test]
async fn a_pending_schedule_is_edited_instead_of_rescheduled() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let id = saved.location().rsplit('/').next().unwrap().to_owned();
    let answer = admin.get(&format!("/schedules/new?from={id}")).await;
    assert_eq!(answer.location(), format!("/schedules/{id}/edit"));
    let changes = [("rescheduled_from", id.as_str()), ("due_at", "2030-12-06T10:00")];
    save(&admin, &changes).await.assert_status(422).assert_says("ou ainda não terminou");
    admin.get("/schedules/new?from=999").await.assert_status(404);
}

#[actix_web::test]
async fn a_cancelled_schedule_shows_its_reason_and_can_be_rescheduled() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    admin.post(&format!("{path}/cancellation"), &[("reason", "Ligou antes")]).await;
    let page = admin.get(&path).await;
    page.assert_says("Motivo: Ligou antes").assert_says("“Ligou antes”").assert_says("Reagendar");
    assert_eq!(page.count("a[href$='/edit'], a[href$='/dispatch']"), 0);
}

#[actix_web::test]
async fn a_schedule_replaces_only_one_of_its_own_contact() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[("contact_id", "602")]).await.location().to_owned();
    admin.post(&format!("{path}/cancellation"), &[("reason", "")]).await.assert_status(303);
    let id = path.rsplit('/').next().unwrap();
    let refused = save(&admin, &[("rescheduled_from", id)]).await;
    refused
        .assert_status(422)
        .assert_says("O agendamento que seria refeito não é deste contato ou ainda não terminou.");
    assert_eq!(refused.attribute("input[name=rescheduled_from]", "value").unwrap(), "");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 1);
    save(&admin, &[("contact_id", "602"), ("rescheduled_from", id)]).await.assert_status(303);
}

#[actix_web::test]
async fn nothing_is_rescheduled_for_an_archived_contact_and_the_page_says_why() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    admin.post(&format!("{path}/cancellation"), &[("reason", "")]).await.assert_status(303);
    let new = format!("/schedules/new?from={}", path.rsplit('/').next().unwrap());
    let link = format!("a[href='{new}']");
    assert_eq!(admin.get(&path).await.count(&link), 1);

    app.database.execute("UPDATE contacts SET archived_at = now() WHERE id = 601");
    let page = admin.get(&path).await;
    page.assert_says("Este contato foi arquivado.").assert_says("reative o contato");
    assert_eq!(page.count(&link), 0);
    assert_eq!(admin.get(&new).await.location(), path);
    let talk = admin.get("/contacts/601/conversation").await;
    talk.assert_says("Nada pode ser agendado para ele.");
    assert_eq!(talk.count("a[href^='/schedules/new']"), 0);
}

#[actix_web::test]
async fn the_list_offers_no_rescheduling_for_an_archived_contact() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = Plan::new(&app.company, "open_ticket").save(&app.database);
    app.database.execute("UPDATE contacts SET archived_at = now() WHERE id = 601");
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    let link = format!("a[href='/schedules/new?from={id}']");
    assert_eq!(admin.get("/schedules?status=failed").await.count(&link), 0);
    app.database.execute("UPDATE contacts SET archived_at = NULL WHERE id = 601");
    assert_eq!(admin.get("/schedules?status=failed").await.count(&link), 1);
}

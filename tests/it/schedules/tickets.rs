//! Scheduling for a contact with an open ticket.

use super::{form, save};
use crate::harness::TestApp;

#[actix_web::test]
async fn an_open_ticket_is_shown_and_can_be_closed_with_the_form() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO tickets (id, protocol, contact_id, department_id, attendant_id) VALUES (7, 1042, 601, 101, 303)",
    );
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new?contact_id=601&ticket_id=7").await;
    page.assert_says("Este contato tem um chamado aberto.").assert_says("Feche o chamado nº 1042");
    assert_eq!(page.attribute("#contact_id option[selected]", "value").unwrap(), "601");
    assert_eq!(page.attribute("#attendant_id option[selected]", "value").unwrap(), "303");
    assert_eq!(page.count("button[name=after][value=close_ticket]"), 1);
    let part = admin.get_part("/schedules/new/contact-warning?contact_id=601").await;
    part.assert_says("Este contato tem um chamado aberto.").assert_says("Salvar e fechar chamado");

    let shown = page.attribute("[name=open_ticket]", "value").unwrap();
    let closing = [("after", "close_ticket"), ("ticket_id", "7"), ("open_ticket", shown.as_str())];
    let saved = admin.post("/schedules", &form(&closing)).await;
    let shown = admin.follow(&saved).await;
    shown.assert_says("Agendamento salvo e chamado fechado.").assert_says("a partir do chamado nº 1042");
    let open = "SELECT count(*) AS value FROM tickets WHERE status = 'open'";
    assert_eq!(app.database.number(open), 0);
}

#[actix_web::test]
async fn a_refused_schedule_closes_no_ticket() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO tickets (contact_id, department_id) VALUES (601, 101)");
    let admin = app.administrator().await;
    save(&admin, &[("after", "close_ticket"), ("comment", "")]).await.assert_status(422);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE status = 'open'"), 1);
}

#[actix_web::test]
async fn without_the_right_to_close_the_ticket_it_is_not_offered_and_refused() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO role_permissions VALUES (203, 'schedules');
         INSERT INTO tickets (contact_id, department_id) VALUES (601, 102)",
    );
    let bruno = app.attendant().await;
    let page = bruno.get("/schedules/new?contact_id=601").await;
    page.assert_says("Este contato tem um chamado aberto.");
    assert_eq!(page.count("button[name=after]"), 0);
    save(&bruno, &[("after", "close_ticket")]).await.assert_status(403);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 0);
}

#[actix_web::test]
async fn a_schedule_is_linked_only_to_a_visible_ticket_of_its_contact() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without events");
    app.database.execute(
        "INSERT INTO role_permissions VALUES (203, 'schedules');
         INSERT INTO tickets (id, protocol, contact_id, department_id) VALUES (7, 1042, 601, 101), (8, 1043, 602, 102)",
    );
    let refusal = "O chamado de onde você veio não é deste contato ou você não tem acesso a ele.";
    let admin = app.administrator().await;
    let refused = save(&admin, &[("ticket_id", "8"), ("after", "close_ticket")]).await;
    refused.assert_status(422).assert_says(refusal);
    assert_eq!(refused.count("[data-error-summary] a[href='#ticket_id']"), 1);
    assert_eq!(refused.count("p#ticket_id"), 1);
    assert_eq!(
        refused.attribute("input[name=ticket_id]", "value").unwrap(),
        "",
        "the next try has no link to the ticket"
    );
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE status = 'open'"), 2);

    let helena = app.other_attendant().await;
    save(&helena, &[("ticket_id", "7")]).await.assert_status(422).assert_says(refusal);
    save(&helena, &[("ticket_id", "999")]).await.assert_status(422).assert_says(refusal);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 0);
    let bruno = app.attendant().await;
    let saved = save(&bruno, &[("ticket_id", "7")]).await;
    bruno.follow(&saved).await.assert_says("a partir do chamado nº 1042");
}

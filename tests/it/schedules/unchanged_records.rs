//! What a schedule already holds stays valid for it, even if those records have changed. An edit checks only what it
//! changes.

use super::editing::{open, send};
use super::save;
use crate::harness::{Page, TestApp, Visitor};

/// Sends back the fields that an edit form shows, with these changes.
async fn resend(visitor: &Visitor, path: &str, page: &Page, changes: &[(&'static str, &str)]) -> Page {
    let chosen =
        |name: &str| page.attribute(&format!("#{name} option[selected]"), "value").unwrap_or_default();
    let names = ["person_id", "contact_id", "department_id", "attendant_id"];
    let values = names.map(|name| (name, chosen(name)));
    let mut fields: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    send(visitor, path, page, &fields).await
}

async fn drag(visitor: &Visitor, path: &str, version: &str, due_at: &str) -> Page {
    visitor.post_part(&format!("{path}/time"), &[("version", version), ("due_at", due_at)]).await
}

/// Changes to the records of a schedule for Marina of "Família Duarte", with Bruno of "Suporte" as the attendant.
const FATES: [&str; 6] = [
    "UPDATE contacts SET person_id = NULL WHERE id = 601",
    "UPDATE contacts SET person_id = NULL WHERE id = 601; UPDATE people SET archived_at = now() WHERE id = 501",
    "UPDATE contacts SET archived_at = now() WHERE id = 601",
    "UPDATE channels SET deactivated_at = now()",
    "UPDATE departments SET deactivated_at = now() WHERE id = 101",
    "DELETE FROM department_members WHERE user_id = 303; UPDATE users SET deactivated_at = now() WHERE id = 303",
];

#[actix_web::test]
async fn a_schedule_can_be_moved_and_edited_after_its_records_changed() {
    for fate in FATES {
        let app = TestApp::new().await;
        let admin = app.administrator().await;
        let path = save(&admin, &[("person_id", "501")]).await.location().to_owned();
        app.database.execute(fate);
        drag(&admin, &path, "1", "2030-12-06T10:00").await.assert_status(204);
        let page = open(&admin, &path).await;
        assert_eq!(page.attribute("#contact_id option[selected]", "value").unwrap(), "601", "{fate}");
        let answer =
            resend(&admin, &path, &page, &[("due_at", "2030-12-06T10:00"), ("comment", "Outro")]).await;
        assert_eq!(answer.status, 303, "{fate}: {}", answer.text());
        let stored = "SELECT concat_ws(' ', contact_id, person_id, department_id, attendant_id, comment) AS value FROM schedules";
        assert_eq!(app.database.texts(stored), ["601 501 101 303 Outro"], "{fate}");
    }
}

#[actix_web::test]
async fn a_person_who_no_longer_has_the_contact_can_be_removed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[("person_id", "501")]).await.location().to_owned();
    app.database.execute(FATES[0]);
    let page = open(&admin, &path).await;
    page.assert_says("O contato escolhido não é desta pessoa.").assert_says("Deixar sem pessoa");
    let cleared = resend(&admin, &path, &page, &[("step", "clear_person")]).await;
    cleared.assert_status(200).assert_does_not_say("O contato escolhido não é desta pessoa.");
    resend(&admin, &path, &cleared, &[]).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules WHERE person_id IS NULL"), 1);
}

#[actix_web::test]
async fn changed_fields_are_checked() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[("person_id", "501")]).await.location().to_owned();
    app.database.execute("UPDATE contacts SET archived_at = now() WHERE id = 602");
    let page = open(&admin, &path).await;
    let other = resend(&admin, &path, &page, &[("contact_id", "602")]).await;
    other.assert_status(422).assert_says("Este contato foi arquivado. Escolha outro.");
    app.database.execute("UPDATE contacts SET archived_at = NULL WHERE id = 602");
    let other = resend(&admin, &path, &page, &[("contact_id", "602")]).await;
    other.assert_status(422).assert_says("Este contato não pertence à pessoa escolhida.");
    app.database.execute("UPDATE departments SET deactivated_at = now() WHERE id = 102");
    let other = resend(&admin, &path, &page, &[("department_id", "102"), ("attendant_id", "")]).await;
    other.assert_status(422).assert_says("Selecione o departamento.");
}

#[actix_web::test]
async fn a_reminder_cannot_become_a_message_to_an_unreachable_contact() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[("action", "notify"), ("message", "")]).await.location().to_owned();
    app.database.execute("UPDATE channels SET deactivated_at = now()");
    let page = open(&admin, &path).await;
    let refused = resend(&admin, &path, &page, &[("action", "open_ticket")]).await;
    refused.assert_status(422).assert_says("Este contato está sem conexão ativa");
    resend(&admin, &path, &page, &[("action", "notify"), ("message", "")]).await.assert_status(303);
}

#[actix_web::test]
async fn rescheduling_leaves_out_what_no_longer_fits() {
    for (fate, reason) in [
        (FATES[0], "O contato escolhido não é desta pessoa."),
        (FATES[1], "A pessoa foi arquivada."),
        (FATES[4], "O departamento foi desativado."),
        (FATES[5], "O atendente não atende mais neste departamento."),
    ] {
        let app = TestApp::new().await;
        let admin = app.administrator().await;
        let path = save(&admin, &[("person_id", "501")]).await.location().to_owned();
        admin.post(&format!("{path}/cancellation"), &[("reason", "")]).await.assert_status(303);
        app.database.execute(fate);
        let from = path.rsplit('/').next().unwrap();
        let page = admin.get(&format!("/schedules/new?from={from}")).await;
        page.assert_status(200).assert_says("Nem tudo do agendamento anterior pôde ser aproveitado.");
        page.assert_says(reason);
        let chosen =
            |name: &str| page.attribute(&format!("#{name} option[selected]"), "value").unwrap_or_default();
        let department = if fate == FATES[4] { "102".into() } else { chosen("department_id") };
        let (person, attendant) = (chosen("person_id"), chosen("attendant_id"));
        let changes = [
            ("person_id", person.as_str()),
            ("department_id", &department),
            ("attendant_id", &attendant),
            ("action", "open_ticket"),
            ("rescheduled_from", from),
        ];
        save(&admin, &changes).await.assert_status(303);
    }
}

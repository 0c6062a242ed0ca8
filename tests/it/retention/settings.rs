//! Who decides how long rows are kept, and within which limits.

use crate::harness::{Page, TestApp};

const FIELDS: [&str; 3] = ["notification_days", "audit_months", "history_months"];
const NEW: [(&str, &str); 4] =
    [("notification_days", "90"), ("audit_months", "24"), ("history_months", "36"), ("understood", "yes")];

#[actix_web::test]
async fn a_change_of_the_retention_is_saved_and_audited() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/settings").await.assert_says("Retenção de dados");
    let page = admin.get("/settings/retention").await;
    let shown = |page: &Page| FIELDS.map(|field| page.attribute(&format!("#{field}"), "value").unwrap());
    assert_eq!(shown(&page), ["180", "60", "60"]);
    let answer = admin.edit("/settings/retention", &NEW).await;
    let saved = admin.follow(&answer).await;
    saved.assert_says("Configurações salvas.");
    assert_eq!(shown(&saved), ["90", "24", "36"]);
    let audit = admin.get("/audit").await;
    audit
        .assert_says("mudou a retenção de dados")
        .assert_says("retenção da auditoria: de “60 meses” para “24 meses”")
        .assert_says("retenção do histórico dos agendamentos: de “60 meses” para “36 meses”");
    let rows = "SELECT count(*) AS value FROM audit WHERE action = 'settings.retention_edited'";
    admin.edit("/settings/retention", &NEW).await;
    assert_eq!(app.database.number(rows), 1, "saving without a change is not audited");
}

#[actix_web::test]
async fn a_shorter_retention_needs_confirmation() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.edit("/settings/retention", &NEW[..3]).await;
    page.assert_status(422).assert_says("Marque que o que já passou do novo prazo pode ser apagado.");
    assert_eq!(page.attribute("#notification_days", "value").unwrap(), "90");
    assert_eq!(
        app.database.number("SELECT notification_days::bigint AS value FROM retention"),
        180,
        "the retention is unchanged"
    );
    let longer = [("notification_days", "365"), ("audit_months", "60"), ("history_months", "120")];
    admin.edit("/settings/retention", &longer).await.assert_status(303);
}

#[actix_web::test]
async fn invalid_input_is_refused_and_shown_again() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let typed = [("notification_days", "6"), ("audit_months", "24"), ("history_months", "onze")];
    let page = admin.edit("/settings/retention", &typed).await;
    page.assert_status(422)
        .assert_says("Notificações: informe de 7 a 3.650 dias.")
        .assert_says("Histórico: informe de 12 a 240 meses.")
        .assert_says("Informe de 12 a 240 meses.");
    assert_eq!(page.attribute("#history_months", "value").unwrap(), "onze");
    assert_eq!(app.database.number("SELECT audit_months::bigint AS value FROM retention"), 60);
    for months in [11, 241] {
        let past_the_form = format!("UPDATE retention SET history_months = {months}");
        assert!(app.database.connect_and_try(&past_the_form).is_err(), "{months}");
    }
}

#[actix_web::test]
async fn a_retention_changed_by_somebody_else_is_not_overwritten_unseen() {
    let app = TestApp::new().await;
    let (ana, eva) = (app.administrator().await, app.administrator().await);
    let version = eva.get("/settings/retention").await.attribute("input[name=version]", "value").unwrap();
    let saved = [("notification_days", "180"), ("audit_months", "60"), ("history_months", "72")];
    ana.edit("/settings/retention", &saved).await;
    let late = [&[("version", version.as_str())][..], &NEW].concat();
    let page = eva.post("/settings/retention", &late).await;
    page.assert_status(409)
        .assert_says("Outra mudança foi salva enquanto você editava.")
        .assert_says("72 meses");
}

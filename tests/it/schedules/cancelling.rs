//! Cancelling.

use super::save;
use crate::harness::TestApp;

#[actix_web::test]
async fn a_schedule_is_cancelled_once() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = format!("{}/cancellation", saved.location());
    admin.get(&path).await.assert_says("Cancelar este agendamento?").assert_says("não será enviada");
    admin.post(&path, &[("reason", "")]).await.assert_status(303);
    let again = admin.post(&path, &[("reason", "de novo")]).await;
    admin.follow(&again).await.assert_says("já não estava pendente").assert_does_not_say("de novo");
}

#[actix_web::test]
async fn a_long_reason_is_refused_whole_and_kept() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = format!("{}/cancellation", saved.location());
    let reason = "é".repeat(501);
    let page = admin.post(&path, &[("reason", &reason)]).await;
    page.assert_status(422).assert_says("Use até 500 caracteres. O texto tem ");
    assert_eq!(page.texts("#reason"), [reason]);
    admin.post(&path, &[("reason", "")]).await.assert_status(303);
    admin.get(&path).await.assert_status(303);
}

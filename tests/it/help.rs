//! The help page shows the company's own settings.

use crate::harness::TestApp;

#[actix_web::test]
async fn the_help_explains_the_rules_with_the_companys_settings() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let page = bruno.get("/help").await;
    page.assert_status(200)
        .assert_says("os horários livres mais próximos são 09:56 e 10:04.")
        .assert_says("o que atrasar até 60 minutos")
        .assert_says("Vale o fuso da empresa: Brasília (São Paulo).")
        .assert_says("Habilitar agendamento");
    assert_eq!(
        page.count("a[href='/roles'], a[href='/settings']"),
        0,
        "links that he may not follow are not shown"
    );
    for anchor in page.texts(".help-toc a") {
        assert!(page.texts("h2").contains(&anchor), "{anchor}");
    }
    app.database.execute(
        "UPDATE settings SET spacing_minutes = 0, late_tolerance_minutes = 120, time_zone = 'America/Manaus'",
    );
    let page = app.administrator().await.get("/help").await;
    page.assert_says("Sem intervalo:").assert_says("até 2 horas").assert_says("Manaus (Amazonas)");
    assert!(page.count("a[href='/settings']") > 0);
}

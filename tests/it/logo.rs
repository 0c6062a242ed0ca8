//! The company's logo.

use crate::files::{PDF, PNG};
use crate::harness::TestApp;

#[actix_web::test]
async fn a_logo_stands_on_every_page_until_it_is_removed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/settings").await;
    let answer = admin.post_files("/settings/logo", &[], &[("logo.png", PNG)]).await;
    let page = admin.follow(&answer).await;
    page.assert_says("Logotipo salvo.");
    let path = page.attribute("a.brand img", "src").unwrap();
    let stranger = app.visitor();
    assert_eq!(stranger.get("/login").await.attribute(".brand img", "src").unwrap(), path);
    let logo = stranger.get(&path).await;
    assert_eq!((logo.status, logo.header("content-type")), (200, "image/png"));
    assert_eq!(logo.header("x-content-type-options"), "nosniff");
    assert!(logo.header("content-security-policy").starts_with("sandbox"));
    assert!(logo.header("cache-control").contains("immutable"));

    let answer = admin.post("/settings/logo/removal", &[]).await;
    assert_eq!(admin.follow(&answer).await.count("a.brand img"), 0);
    stranger.get(&path).await.assert_status(404);
    let audited = "SELECT details::text AS value FROM audit WHERE action = 'settings.edited'";
    assert_eq!(app.database.texts(audited), [r#"{"fields": ["logo"]}"#; 2]);
}

#[actix_web::test]
async fn what_is_no_picture_or_too_large_is_refused_by_its_content() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/settings").await;
    let large = [PNG, &vec![0; 1024 * 1024]].concat();
    for (name, content, sentence) in [
        ("logo.png", PDF, "Envie uma imagem PNG, JPEG ou WebP."),
        (
            "logo.svg",
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            "Envie uma imagem PNG, JPEG ou WebP.",
        ),
        ("logo.png", &large, "A imagem passa de 1 MB."),
    ] {
        let page = admin.post_files("/settings/logo", &[], &[(name, content)]).await;
        page.assert_status(422).assert_says(sentence);
    }
    admin.post_files("/settings/logo", &[], &[]).await.assert_status(422).assert_says("Escolha uma imagem.");
    assert_eq!(app.database.number("SELECT count(logo_sha256) AS value FROM settings"), 0);
}

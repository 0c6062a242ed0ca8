//! The company's logo.

use std::io::Cursor;

use image::{GenericImageView, ImageFormat, RgbImage};

use crate::files::{PDF, PNG};
use crate::harness::TestApp;

/// A real picture of this size.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, image::Rgb([20, 90, 200])).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG that claims this size but holds no pixels.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let head = [b"IHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let mut sum = u32::MAX;
    for byte in &head {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    let data = [&9_700_u32.to_be_bytes()[..], b"IDAT", &[0; 9_704]].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0D".as_slice(), &head, &(!sum).to_be_bytes(), &data].concat()
}

#[actix_web::test]
async fn a_logo_is_on_every_page_until_it_is_removed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/settings").await;
    let answer =
        admin.post_files("/settings/logo", &[], &[("logo.png", &picture(40, 40, ImageFormat::Png))]).await;
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
async fn files_that_are_no_picture_or_too_large_are_refused() {
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
        ("logo.png", &PNG[..45], "Esta imagem está incompleta ou com defeito."),
        ("logo.png", &claiming(30_000, 30_000), "A imagem tem 30.000 × 30.000 pixels."),
        ("logo.png", &claiming(20, 4_097), "A imagem tem 20 × 4.097 pixels."),
    ] {
        let page = admin.post_files("/settings/logo", &[], &[(name, content)]).await;
        page.assert_status(422).assert_says(sentence);
    }
    admin.post_files("/settings/logo", &[], &[]).await.assert_status(422).assert_says("Escolha uma imagem.");
    assert_eq!(app.database.number("SELECT count(logo_sha256) AS value FROM settings"), 0);
}

#[actix_web::test]
async fn a_logo_is_made_small_and_keeps_only_its_pixels() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/settings").await;
    for (name, format) in
        [("logo.png", ImageFormat::Png), ("logo.jpg", ImageFormat::Jpeg), ("logo.webp", ImageFormat::WebP)]
    {
        let sent = [picture(1_200, 600, format), b"<script>alert(1)</script>".to_vec()].concat();
        let answer = admin.post_files("/settings/logo", &[], &[(name, &sent)]).await;
        let path = admin.follow(&answer).await.attribute("a.brand img", "src").unwrap();
        let served = app.visitor().get(&path).await;
        assert_eq!(served.header("content-type"), "image/png", "{name}");
        let shown = image::load_from_memory_with_format(&served.bytes, ImageFormat::Png).unwrap();
        assert_eq!(shown.dimensions(), (512, 256), "{name}");
        assert!(!served.bytes.windows(7).any(|part| part == b"<script"));
    }
}

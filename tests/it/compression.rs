//! Which answers are sent compressed.

use std::io::Read;

use actix_web::test::TestRequest;
use flate2::read::GzDecoder;

use crate::harness::{Page, TestApp, Visitor};

async fn as_browsers_ask(visitor: &Visitor, path: &str, header: (&'static str, &'static str)) -> Page {
    let request = TestRequest::get().uri(path).insert_header(("accept-encoding", "gzip, deflate, br"));
    visitor.send(request.insert_header(header)).await
}

#[actix_web::test]
async fn a_page_is_compressed_and_says_the_same() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let plain = admin.get("/schedules").await;
    assert!(!plain.headers.contains_key("content-encoding"));
    let page = as_browsers_ask(&admin, "/schedules", ("accept", "text/html")).await;
    assert_eq!((page.status, page.header("content-encoding")), (200, "gzip"));
    assert!(page.bytes.len() < plain.bytes.len() / 2, "{} of {}", page.bytes.len(), plain.bytes.len());
    let mut text = String::new();
    GzDecoder::new(&page.bytes[..]).read_to_string(&mut text).unwrap();
    assert_eq!(Page { body: text, ..page }.texts("h1"), plain.texts("h1"));
}

#[actix_web::test]
async fn a_response_that_fits_into_one_packet_is_not_compressed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = "/schedules/new/contacts?q=ninguem-se-chama-assim";
    let part = as_browsers_ask(&admin, path, ("hx-request", "true")).await;
    assert_eq!((part.status, part.header("content-encoding"), &*part.body), (200, "identity", "[]"));
}

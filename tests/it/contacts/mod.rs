//! Contacts and people: lists, forms, archiving and anonymising, exports and imports.

mod anonymise;
mod archival;
mod export;
mod form;
pub mod import;
mod list;
#[cfg(target_os = "linux")]
mod memory;
mod merging;
mod people;

use actix_web::test::TestRequest;

use crate::harness::{Page, Visitor};

/// A malicious input.
pub const SCRIPT: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>{{7*7}}' OR 1=1 --";

/// Sends a form with one file, as a browser does.
pub async fn upload(
    visitor: &Visitor,
    path: &str,
    fields: &[(&str, &str)],
    file: Option<(&str, &[u8])>,
) -> Page {
    let csrf = visitor.csrf();
    let mut body = Vec::new();
    for (name, value) in fields.iter().copied().chain([("csrf", csrf.as_str())]) {
        let part = format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    if let Some((name, content)) = file {
        let head = format!(
            "--line\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--line--\r\n");
    let request =
        TestRequest::post().uri(path).insert_header(("content-type", "multipart/form-data; boundary=line"));
    visitor.send(request.set_payload(body)).await
}

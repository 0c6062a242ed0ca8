//! Forms with files, as a browser sends them.

use actix_web::test::TestRequest;

use super::{FROM_OUR_PAGE, Page, Visitor};

pub const BOUNDARY: &str = "----pontual-boundary";

/// A file to send: its name and its bytes.
pub type Sent<'a> = (&'a str, &'a [u8]);

impl Visitor {
    /// Posts fields, the token, and files under the name `files`.
    pub async fn post_files(&self, path: &str, fields: &[(&str, &str)], files: &[Sent<'_>]) -> Page {
        let csrf = self.csrf();
        let fields: Vec<_> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.post_body(path, body(&fields, files)).await
    }

    /// Posts any body.
    pub async fn post_body(&self, path: &str, body: Vec<u8>) -> Page {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = TestRequest::post().uri(path).insert_header(("content-type", kind));
        let request = request.insert_header(FROM_OUR_PAGE);
        self.send(request.set_payload(body)).await
    }

    /// Uploads one file as the form's page does. Returns the id that the form then sends.
    pub async fn upload(&self, name: &str, content: &[u8]) -> String {
        let page = self.post_files("/uploads", &[], &[(name, content)]).await;
        page.assert_status(200);
        page.attribute("[name=files]", "value").unwrap()
    }
}

pub fn body(fields: &[(&str, &str)], files: &[Sent<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    for (name, content) in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

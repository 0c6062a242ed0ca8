//! Files as forms show them.

use askama::Template;

use super::Attachment;

/// A file in a form, with its id for the form and the button that removes it.
#[derive(Template)]
#[template(path = "files/_upload.html")]
pub struct UploadItem {
    file: Attachment,
}

impl UploadItem {
    pub fn new(file: Attachment) -> Self {
        Self { file }
    }
}

/// Why a file was not accepted.
#[derive(Template)]
#[template(path = "files/_refused.html")]
pub struct Refused {
    pub sentence: String,
}

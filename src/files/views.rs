//! Views of files in forms and on pages.

use askama::Template;

use super::Attachment;

/// A file in a form, with a hidden field for its id and a button to remove it.
#[derive(Template)]
#[template(path = "files/_upload.html")]
pub struct UploadItem {
    file: Attachment,
}

impl UploadItem {
    pub fn new(file: Attachment) -> Self {
        Self { file }
    }

    pub fn name(&self) -> &str {
        &self.file.file_name
    }
}

/// Why a file was not accepted.
#[derive(Template)]
#[template(path = "files/_refused.html")]
pub struct RefusedFile {
    pub sentence: String,
}

/// Files on a page: pictures as previews, audio with a player, the rest by name. All can be downloaded.
#[derive(Template)]
#[template(path = "files/_shown.html")]
pub struct FileList {
    files: Vec<ShownFile>,
}

struct ShownFile {
    href: String,
    name: String,
    summary: String,
    icon: &'static str,
    is_previewed: bool,
    is_played: bool,
}

impl FileList {
    /// `base` is empty for users, and the path of the conversation page for a customer. `None` if there are
    /// no files.
    pub fn of(files: &[Attachment], base: &str) -> Option<Self> {
        let shown = files.iter().map(|file| ShownFile {
            href: file.href(base),
            name: file.file_name.clone(),
            summary: file.summary(),
            icon: file.icon(),
            is_previewed: file.is_previewed(),
            is_played: file.is_played(),
        });
        (!files.is_empty()).then(|| Self { files: shown.collect() })
    }
}

//! An attachment as it is shown on pages.

use diesel::prelude::*;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{ContentHash, FileName, icon, is_played, is_previewed};
use crate::db;
use crate::ids::AttachmentId;
use crate::schema::{attachments, blobs};

/// Characters to escape in the last segment of an address.
const IN_ADDRESS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

db::row! {
    /// A file with its name.
    #[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
    #[diesel(table_name = attachments)]
    pub struct Attachment {
        pub id: AttachmentId,
        pub sha256: ContentHash,
        pub file_name: String,
        #[diesel(select_expression = blobs::media_type)]
        pub media_type: String,
        #[diesel(select_expression = blobs::size)]
        pub size: i64,
    }
}

impl Attachment {
    /// The address of the file. `base` is empty for users, and the path of the conversation page for a
    /// customer.
    pub fn href(&self, base: &str) -> String {
        format!("{base}/files/{}/{}", self.id, utf8_percent_encode(&self.file_name, IN_ADDRESS))
    }

    pub fn icon(&self) -> &'static str {
        icon(&self.media_type)
    }

    pub fn is_previewed(&self) -> bool {
        is_previewed(&self.media_type)
    }

    pub fn is_played(&self) -> bool {
        is_played(&self.media_type, &FileName::of(&self.file_name).extension())
    }

    /// "PDF · 248 KB"
    pub fn summary(&self) -> String {
        match self.file_name.rsplit_once('.') {
            Some((_, extension)) => format!("{} · {}", extension.to_uppercase(), size(self.size)),
            None => size(self.size),
        }
    }
}

/// Formats a size for people: "248 KB", "1,2 MB".
pub fn size(bytes: i64) -> String {
    const KB: i64 = 1024;
    const MB: i64 = KB * KB;
    match bytes {
        0..KB => format!("{bytes} B"),
        KB..MB => format!("{} KB", (bytes + KB / 2) / KB),
        _ => format!("{:.1} MB", bytes as f64 / MB as f64).replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        for (bytes, text) in [(0, "0 B"), (900, "900 B"), (253_952, "248 KB"), (1_258_291, "1,2 MB")] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn an_address_holds_the_name_whatever_is_in_it() {
        let hash = ContentHash::new([0; 32]);
        let file_name = "a #1? 50%.pdf".to_owned();
        let media_type = "application/pdf".to_owned();
        let file = Attachment { id: AttachmentId(7), sha256: hash, file_name, media_type, size: 1 };
        assert_eq!(file.href("/c/x"), "/c/x/files/7/a%20%231%3F%2050%25.pdf");
        assert_eq!(file.summary(), "PDF · 1 B");
    }
}

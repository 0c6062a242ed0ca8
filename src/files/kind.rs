//! The accepted kinds of file. The content determines the kind; the file name must match it.

use std::io;
use std::path::Path;

use super::FileName;
use super::content;

/// A kind of file that may be sent to customers.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    pub media_type: &'static str,
    /// The file name extensions that match, the usual one first.
    extensions: &'static [&'static str],
}

const fn kind(media_type: &'static str, extensions: &'static [&'static str]) -> Kind {
    Kind { media_type, extensions }
}

const IMAGES: &[&str] =
    &["jpg", "jpeg", "jfif", "png", "gif", "webp", "heic", "heif", "avif", "bmp", "tif", "tiff"];
const AUDIO_AND_VIDEO: &[&str] = &[
    "mp3", "m4a", "ogg", "oga", "opus", "flac", "wav", "amr", "aac", "mp4", "m4v", "mov", "webm", "mkv",
    "avi", "mpg", "mpeg", "3gp", "ogv", "wmv", "wma",
];

/// The name of a picture often ends like another picture format than its content, and the same goes for audio
/// and video. Programs open them anyway. All other files must be what their name says.
const KINDS: &[Kind] = &[
    kind("image/jpeg", IMAGES),
    kind("image/png", IMAGES),
    kind("image/gif", IMAGES),
    kind("image/webp", IMAGES),
    kind("image/heif", IMAGES),
    kind("image/avif", IMAGES),
    kind("image/bmp", IMAGES),
    kind("image/tiff", IMAGES),
    kind("audio/mpeg", AUDIO_AND_VIDEO),
    kind("audio/m4a", AUDIO_AND_VIDEO),
    kind("audio/ogg", AUDIO_AND_VIDEO),
    kind("audio/opus", AUDIO_AND_VIDEO),
    kind("audio/x-flac", AUDIO_AND_VIDEO),
    kind("audio/x-wav", AUDIO_AND_VIDEO),
    kind("audio/amr", AUDIO_AND_VIDEO),
    kind("audio/aac", AUDIO_AND_VIDEO),
    kind("video/mp4", AUDIO_AND_VIDEO),
    kind("video/3gpp", AUDIO_AND_VIDEO),
    kind("video/x-m4v", AUDIO_AND_VIDEO),
    kind("video/quicktime", AUDIO_AND_VIDEO),
    kind("video/webm", AUDIO_AND_VIDEO),
    kind("video/x-matroska", AUDIO_AND_VIDEO),
    kind("video/x-msvideo", AUDIO_AND_VIDEO),
    kind("video/x-ms-wmv", AUDIO_AND_VIDEO),
    kind("video/mpeg", AUDIO_AND_VIDEO),
    kind("application/pdf", &["pdf"]),
    kind("application/msword", &["doc"]),
    kind("application/vnd.ms-excel", &["xls"]),
    kind("application/vnd.ms-powerpoint", &["ppt", "pps"]),
    kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx", "ppsx"]),
    kind("application/vnd.oasis.opendocument.text", &["odt"]),
    kind("application/vnd.oasis.opendocument.spreadsheet", &["ods"]),
    kind("application/vnd.oasis.opendocument.presentation", &["odp"]),
    kind("application/rtf", &["rtf"]),
    kind("application/zip", &["zip"]),
    kind("application/vnd.rar", &["rar"]),
    kind("application/x-7z-compressed", &["7z"]),
    kind("text/plain", &["txt"]),
    kind("text/csv", &["csv"]),
    kind("application/xml", &["xml"]),
    kind("text/vcard", &["vcf"]),
    kind("text/calendar", &["ics"]),
    kind("message/rfc822", &["eml"]),
    kind("application/x-ofx", &["ofx"]),
];

/// The accepted kinds for display: a family and its formats.
pub const FAMILIES: [(&str, &str); 5] = [
    ("Imagem", "JPG, PNG, GIF, WEBP, HEIC, AVIF, BMP, TIF"),
    ("Áudio", "MP3, M4A, OGG, OPUS, FLAC, WAV, AMR, AAC, WMA"),
    ("Vídeo", "MP4, 3GP, M4V, MOV, WEBM, MKV, AVI, WMV, MPG"),
    (
        "Documento",
        "PDF, Word (DOC, DOCX, RTF), Excel (XLS, XLSX), PowerPoint (PPT, PPTX), OpenDocument (ODT, ODS, ODP)",
    ),
    ("Outros", "TXT, CSV, XML, VCF, ICS, EML, OFX, ZIP, RAR, 7Z"),
];

/// Formats that browsers display without running anything.
const PREVIEWED: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const PLAYED: [&str; 6] = ["audio/ogg", "audio/opus", "audio/m4a", "audio/mpeg", "audio/x-wav", "audio/aac"];

impl Kind {
    /// The kind of the file at `path`, if it is accepted under that name. Blocks: it reads the file.
    pub fn of(path: &Path, name: &FileName) -> io::Result<Option<&'static Self>> {
        let extension = name.extension();
        let Some(media_type) = content::media_type(path, &extension)? else { return Ok(None) };
        let found = KINDS.iter().find(|kind| kind.media_type == media_type);
        Ok(found.filter(|kind| extension.is_empty() || kind.extensions.contains(&extension.as_str())))
    }

    /// The extension to add to a file name without one.
    pub fn usual_extension(&self) -> &'static str {
        match self.media_type {
            "image/jpeg" => "jpg",
            "image/heif" => "heic",
            "image/tiff" => "tif",
            "audio/mpeg" => "mp3",
            "audio/x-flac" => "flac",
            "audio/x-wav" => "wav",
            "video/3gpp" => "3gp",
            "video/x-m4v" => "m4v",
            "video/quicktime" => "mov",
            "video/x-matroska" => "mkv",
            "video/x-msvideo" => "avi",
            "video/x-ms-wmv" => "wmv",
            "video/mpeg" => "mpg",
            media_type if self.extensions.len() > 3 => {
                media_type.split_once('/').map_or("bin", |(_, name)| name)
            }
            _ => self.extensions[0],
        }
    }
}

/// Whether pages show the file itself and not only its name.
pub fn is_previewed(media_type: &str) -> bool {
    PREVIEWED.contains(&media_type)
}

/// Whether pages play the file: audio in a format that all current browsers support. A phone's voice note can
/// be an MP4, which only its name distinguishes from a video.
pub fn is_played(media_type: &str, extension: &str) -> bool {
    PLAYED.contains(&media_type) || (media_type == "video/mp4" && extension == "m4a")
}

/// The media type to send. Browsers play audio only under the usual types. Formats that a browser could
/// render as a page are sent as plain bytes.
pub fn served_as(media_type: &str) -> &str {
    match media_type {
        "audio/m4a" => "audio/mp4",
        "audio/opus" => "audio/ogg",
        "audio/x-wav" => "audio/wav",
        "application/xml" | "message/rfc822" => "application/octet-stream",
        media_type => media_type,
    }
}

/// The icon beside a file's name.
pub fn icon(media_type: &str) -> &'static str {
    match media_type.split_once('/') {
        Some(("image", _)) => "photo",
        Some(("audio", _)) => "music",
        Some(("video", _)) => "video",
        _ if media_type == "application/pdf" => "file-type-pdf",
        _ if ["zip", "rar", "7z-compressed"].iter().any(|kind| media_type.ends_with(kind)) => "file-zip",
        _ if media_type.contains("sheet") || media_type.contains("excel") || media_type == "text/csv" => {
            "file-spreadsheet"
        }
        _ => "file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_kind_is_named_to_people() {
        let named = FAMILIES.map(|(_, extensions)| extensions).join(", ").to_lowercase();
        let is_unnamed = |kind: &&Kind| !named.contains(kind.usual_extension());
        let unnamed: Vec<_> = KINDS.iter().filter(is_unnamed).map(|kind| kind.usual_extension()).collect();
        assert!(unnamed.is_empty(), "{unnamed:?}");
    }
}

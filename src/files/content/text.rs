//! Types of text files. The file name's extension announces a type; if the content does not match it, the file
//! is refused.
//!
//! We never display such a file, we only offer it for download. A file with content that a browser would run
//! when the user opens the download is refused: see `xml`.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{BROWSER_SNIFFED_BYTES, MARKUP, contains, xml};

/// A file name extension, its media type, and the check whether a text is of that type.
type TextKind = (&'static str, &'static str, fn(&str) -> bool);

const KINDS: [TextKind; 8] = [
    ("txt", "text/plain", |_| true),
    ("csv", "text/csv", |_| true),
    ("xml", "application/xml", xml::is_harmless),
    ("vcf", "text/vcard", |text| begins_with(text, "BEGIN:VCARD")),
    ("ics", "text/calendar", |text| begins_with(text, "BEGIN:VCALENDAR")),
    ("eml", "message/rfc822", is_mail),
    ("rtf", "application/rtf", is_rich_text),
    ("ofx", "application/x-ofx", is_bank_statement),
];

/// Whether files with this extension are checked as text, whatever their first bytes look like: a table that
/// starts with "BMW;…" is not a bitmap.
pub fn is_text_extension(extension: &str) -> bool {
    KINDS.iter().any(|(known, ..)| *known == extension)
}

/// The media type of `bytes` if they are text of the type that `extension` announces. If it announces none, they
/// must be text without markup.
pub fn media_type(bytes: &[u8], extension: &str) -> Option<&'static str> {
    let text = decoded(bytes)?;
    let text = text.trim_start();
    if text.is_empty() || text.starts_with("#!") || !text.chars().all(is_written) {
        return None;
    }
    match KINDS.iter().find(|(known, ..)| *known == extension) {
        Some((_, media_type, is_kept)) => is_kept(text).then_some(*media_type),
        None => (!has_markup(text)).then_some("text/plain"),
    }
}

/// Decodes UTF-8, UTF-16 or windows-1252, which spreadsheets in Brazil write.
fn decoded(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    }
    if let Some(encoding) = unmarked_utf_16(bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.into()),
        Err(_) => Some(WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

/// Detects UTF-16 without a byte order mark: every second byte of most Latin text is zero.
fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    match (zeros(0), zeros(1)) {
        (0, low) if low * 4 > bytes.len() => Some(UTF_16LE),
        (high, 0) if high * 4 > bytes.len() => Some(UTF_16BE),
        _ => None,
    }
}

/// False for control characters that never occur in text.
fn is_written(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0b' | '\x0e'..='\x1a' | '\x1c'..='\x1f' | '\x7f')
}

fn has_markup(text: &str) -> bool {
    let bytes = text.as_bytes();
    let guessed = bytes[..bytes.len().min(BROWSER_SNIFFED_BYTES)].to_ascii_lowercase();
    text.starts_with('<') || MARKUP.iter().any(|mark| contains(&guessed, mark))
}

fn begins_with(text: &str, words: &str) -> bool {
    text.as_bytes().get(..words.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(words.as_bytes()))
}

/// A saved e-mail: starts with header lines, at least one of which is common to all e-mails.
fn is_mail(text: &str) -> bool {
    const USUAL: [&str; 6] = ["from:", "received:", "return-path:", "message-id:", "mime-version:", "date:"];
    let is_header = |line: &str| {
        let name = line.split_once(':').map_or("", |(name, _)| name);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !name.is_empty() && name.chars().all(is_name)
    };
    let head = || text.lines().take_while(|line| !line.trim().is_empty());
    text.lines().next().is_some_and(is_header)
        && head().any(|line| USUAL.iter().any(|usual| begins_with(line, usual)))
}

/// False if it embeds an object of another application, which can be a program.
fn is_rich_text(text: &str) -> bool {
    text.starts_with("{\\rtf")
        && !["\\objdata", "\\objupdate", "\\objautlink"].iter().any(|mark| text.contains(mark))
}

fn is_bank_statement(text: &str) -> bool {
    ["OFXHEADER:", "<?OFX", "<OFX>", "<?xml"].iter().any(|begin| begins_with(text, begin))
        && contains(text.to_ascii_uppercase().as_bytes(), b"<OFX>")
}

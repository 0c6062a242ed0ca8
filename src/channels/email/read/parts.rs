//! The text and the files of a mail.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

/// Columns of text made from HTML. Wide, so that paragraphs stay on one line.
const COLUMNS: usize = 10_000;

/// Pictures inside HTML that are smaller than this are logos of signatures, in bytes.
const SMALLEST_PICTURE: usize = 8 * 1024;

/// What is read of HTML, in bytes. Nobody writes more by hand.
const LONGEST_HTML: usize = 1024 * 1024;

/// Elements inside one another. Turning deeper HTML into text could exhaust the stack.
const DEEPEST_HTML: usize = 500;

/// Elements that hold no others of their kind, and are often not closed.
const NOT_NESTED: [&str; 14] =
    ["area", "base", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "p", "wbr"];

/// A file of a mail, as it was sent.
#[derive(Debug)]
pub struct AttachedFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The text: the parts of plain text, or what the HTML says if there are none.
pub fn text(message: &Message<'_>) -> String {
    let texts = message.text_bodies().map(|part| match &part.body {
        PartType::Html(html) => plain(html),
        _ if is_flowed(part) => unflowed(part.text_contents().unwrap_or_default()),
        _ => part.text_contents().unwrap_or_default().to_owned(),
    });
    let texts: Vec<String> = texts.map(|text| tidy(&text)).filter(|text| !text.trim().is_empty()).collect();
    texts.join("\n\n")
}

/// The files, byte for byte.
pub fn files(message: &Message<'_>) -> Vec<AttachedFile> {
    let kept = message.attachments().filter(|part| !is_small_picture(part));
    kept.enumerate()
        .map(|(at, part)| AttachedFile { name: name_of(part, at + 1), bytes: bytes_of(message, part) })
        .collect()
}

fn plain(html: &str) -> String {
    let end = (0..=html.len().min(LONGEST_HTML)).rev().find(|at| html.is_char_boundary(*at));
    let html = &html[..end.unwrap_or(0)];
    if nesting(html) > DEEPEST_HTML {
        return without_tags(html);
    }
    html2text::config::plain_no_decorate()
        .no_table_borders()
        .allow_width_overflow()
        .string_from_read(html.as_bytes(), COLUMNS)
        .unwrap_or_default()
}

/// How many elements are open at once, at most.
fn nesting(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (at, _) in html.match_indices('<') {
        let tag = &html[at + 1..];
        let (is_end, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name: String = tag.chars().take(12).take_while(char::is_ascii_alphanumeric).collect();
        if name.is_empty() || NOT_NESTED.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        depth = if is_end { depth.saturating_sub(1) } else { depth + 1 };
        deepest = deepest.max(depth);
    }
    deepest
}

fn without_tags(html: &str) -> String {
    let mut parts = html.split('<');
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |text, part| text + part.split_once('>').map_or("", |(_, after)| after))
}

/// One kind of line end, and no characters that a message may not hold.
fn tidy(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    kept.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Text of a header, without line ends and other control characters.
pub fn one_line(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_flowed(part: &MessagePart<'_>) -> bool {
    let format = part.content_type().and_then(|kind| kind.attribute("format"));
    format.is_some_and(|format| format.eq_ignore_ascii_case("flowed"))
}

/// Joins the lines of a paragraph (RFC 3676): a line that ends with a space goes on in the next.
fn unflowed(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        joined.push_str(line);
        let goes_on = line.ends_with(' ') && line != "-- " && !line.starts_with('>');
        if !goes_on {
            joined.push('\n');
        }
    }
    joined
}

fn is_small_picture(part: &MessagePart<'_>) -> bool {
    let is_picture = part.content_type().is_some_and(|kind| kind.c_type.eq_ignore_ascii_case("image"));
    let is_attached = part.content_disposition().is_some_and(|it| it.is_attachment());
    is_picture && !is_attached && part.content_id().is_some() && part.contents().len() < SMALLEST_PICTURE
}

fn name_of(part: &MessagePart<'_>, number: usize) -> String {
    if let Some(name) = part.attachment_name().filter(|name| !name.trim().is_empty()) {
        return name.to_owned();
    }
    match &part.body {
        PartType::Message(inner) => format!("{}.eml", inner.subject().unwrap_or("e-mail")),
        _ => format!("arquivo {number}"),
    }
}

/// The bytes before any conversion of a text's charset.
fn bytes_of(message: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    if !matches!(part.body, PartType::Text(_) | PartType::Html(_)) {
        return part.contents().to_vec();
    }
    let (start, end) = (part.raw_body_offset() as usize, part.raw_end_offset() as usize);
    let Some(raw) = message.raw_message.get(start..end) else { return part.contents().to_vec() };
    let encoding = part.content_transfer_encoding().unwrap_or_default().to_ascii_lowercase();
    let decoded = match encoding.as_str() {
        "base64" => base64_decode(raw),
        "quoted-printable" => quoted_printable_decode(raw),
        _ => Some(raw.to_vec()),
    };
    decoded.unwrap_or_else(|| part.contents().to_vec())
}
